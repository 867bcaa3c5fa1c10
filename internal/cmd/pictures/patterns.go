package main

// pattern is a drawing: rows from top to bottom over columns that are zones.
type pattern struct {
	name, title string
	zones       int
	rows        []row
}

// row is one thing over all zones, or one a zone. Each row asks the next one below
// it, unless a row says which.
type row struct {
	// over spans all zones.
	over string
	// in has one text a zone; an empty one leaves the place free.
	in []string
	// look is the colour: clients, balance, server, data, queue or network.
	look string
	// asks are the numbers of the rows to which arrows go; nil is the next one. A primary
	// is the row's first box, and the only one that is asked.
	asks    []int
	primary bool
	// outside says that the row is not within the zones.
	outside bool
}

// each is one box in each of three zones.
func each(text string) []string {
	texts := make([]string, 3)
	for i := range texts {
		texts[i] = text
	}
	return texts
}

var patterns = []pattern{
	{name: "network", title: "A network: three tiers of subnets in each zone", zones: 3, rows: []row{
		{over: "internet gateway", look: "network", outside: true},
		{in: each("public subnet|NAT gateway"), look: "network"},
		{in: each("private subnet|routes to its NAT gateway"), look: "server", asks: []int{}},
		{in: each("data subnet|no route outside"), look: "data", asks: []int{}},
	}},
	{name: "multi-server", title: "Multi-server: the loss of a server or a zone is not noticed", zones: 3, rows: []row{
		{over: "clients", look: "clients", outside: true},
		{over: "load balancer|health checks, listener, target group", look: "balance"},
		{in: each("server"), look: "server", asks: []int{}},
	}},
	{name: "clone-server", title: "Clone server: one master, clones beside it", zones: 2, rows: []row{
		{over: "clients", look: "clients", outside: true},
		{over: "load balancer|reads to all, writes to the master", look: "balance"},
		{in: []string{"master|content, database", "clones|made from its image"}, look: "server", asks: []int{}},
	}},
	{name: "ha-database", title: "Database: a standby in another zone takes over", zones: 2, rows: []row{
		{over: "clients of the database|in its client security group", look: "server", outside: true},
		{over: "one endpoint", look: "balance"},
		{in: []string{"primary", "standby|synchronous copy"}, look: "data", asks: []int{}, primary: true},
	}},
	{name: "ha-web-app", title: "Web application without a single point of failure", zones: 3, rows: []row{
		{over: "clients", look: "clients", outside: true},
		{over: "load balancer", look: "balance"},
		{in: each("server"), look: "server"},
		{in: []string{"database|primary", "database|standby, a synchronous copy", ""}, look: "data", asks: []int{}, primary: true},
	}},
	{name: "queue-worker", title: "Queue worker: work waits, workers may die", zones: 3, rows: []row{
		{over: "producers", look: "clients", outside: true},
		{over: "queue|and a dead-letter queue", look: "queue", outside: true},
		{in: each("worker"), look: "server", asks: []int{}},
	}},
	{name: "web-with-workers", title: "Web tier with workers behind a queue", zones: 3, rows: []row{
		{over: "clients", look: "clients", outside: true},
		{over: "load balancer", look: "balance"},
		{in: each("server"), look: "server"},
		{over: "queue|and a dead-letter queue", look: "queue"},
		{in: each("worker"), look: "server", asks: []int{}},
	}},
}
