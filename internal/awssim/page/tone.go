package page

import "strings"

// tones are how the states of all services look; the state stands beside as text.
// What is not here is under way.
var tones = map[string]string{
	"good": "active available healthy running inservice successful",
	"bad": "failed unhealthy unhealthy.draining impaired unavailable rollbackfailed rollbacksuccessful stopped active_impaired incompatible-network " +
		"incompatible-parameters storage-full",
	"idle": "unused cancelled terminated deleted unknown",
}

// tone returns how a state looks: good, bad, idle or busy.
func tone(state string) string {
	for name, states := range tones {
		for s := range strings.FieldsSeq(states) {
			if strings.EqualFold(s, state) {
				return name
			}
		}
	}
	return "busy"
}
