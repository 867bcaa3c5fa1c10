package wire

import (
	"regexp"
	"sync"
)

// pattern is a constraint of the model: a regular expression in Java's syntax
// that the whole value must match.
type pattern struct {
	java     string
	compiled func() compiled
}

type compiled struct {
	must  *regexp.Regexp
	never *regexp.Regexp // or nil
}

func (p *pattern) matches(value string) bool {
	c := p.compiled()
	return c.must.MatchString(value) && (c.never == nil || !c.never.MatchString(value))
}

// newPattern compiles the pattern when it is first needed: most never are.
// TestPatternsCompile compiles them all.
func newPattern(java string) *pattern {
	return &pattern{java: java, compiled: sync.OnceValue(func() compiled {
		same, found := equivalents[java]
		if !found {
			same.must = fromJava(java)
		}
		c := compiled{must: regexp.MustCompile(`\A(?:` + same.must + `)\z`)}
		if same.never != "" {
			c.never = regexp.MustCompile(same.never)
		}
		return c
	})}
}

// equivalents say without looking ahead, which Go's expressions cannot, what
// patterns say with it: what the whole value must match, and what must not be
// anywhere in it.
var equivalents = map[string]struct{ must, never string }{
	// acm.DomainNameString.
	`(\*\.)?(((?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9])\.)+((?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9])`: {
		must: `(\*\.)?([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]`,
	},
	// rds.TargetDBParameterGroupName, rds.TargetDBClusterParameterGroupName.
	`[A-Za-z](?!.*--)[0-9A-Za-z-]*[^-]|^default(?!.*--)(?!.*\.\.)[0-9A-Za-z-.]*[^-]`: {
		must: `[A-Za-z][0-9A-Za-z-]*[^-]|default[0-9A-Za-z-.]*[^-]`, never: `--|\.\.`,
	},
	// ssm.AlarmName.
	`^(?!\s*$).+`: {must: `.*\S.*`},
}

// Java strings are UTF-16: its patterns write characters above U+FFFF as ranges
// of surrogate pairs, or with five digits although \u takes four.
var (
	surrogateRange = regexp.MustCompile(`\\u[Dd]800\\u[Dd][Cc]00-\\u[Dd][Bb][Ff][Ff]\\u[Dd][Ff][Ff][Ff]`)
	longEscape     = regexp.MustCompile(`\\u10000-\\u10FFFF`)
	shortEscape    = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`)
)

// fromJava rewrites what Java's regular expressions have and Go's do not.
func fromJava(java string) string {
	const above = `\x{10000}-\x{10FFFF}`
	text := surrogateRange.ReplaceAllLiteralString(java, above)
	text = longEscape.ReplaceAllLiteralString(text, above)
	return shortEscape.ReplaceAllString(text, `\x{$1}`)
}
