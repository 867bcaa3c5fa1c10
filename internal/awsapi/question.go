package awsapi

import (
	"context"
	"sync"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/batch"
)

// Question is something that many resources ask AWS at about the same time, about
// things that belong to none of them: images, subnets, instance types. Those who ask
// together share a call, and an answer serves all who ask later, until the next write.
// Declare it as a variable of the package.
type Question[K comparable, V any] struct {
	// Fetch answers for all keys in one go. Keys that do not exist are absent.
	Fetch func(ctx context.Context, c *Clients, keys []K) (map[K]V, error)
	// Most is the number of keys that one Fetch takes; 0 means any number.
	Most int
}

// answerMemory is how old an answer may be; a long plan reads no more than twice.
const answerMemory = 10 * time.Minute

// Ask returns the answer for a key, and whether there is one.
func (q *Question[K, V]) Ask(ctx context.Context, c *Clients, key K) (V, bool, error) {
	shared, asked := c.questions.Load(q)
	if !asked {
		shared, _ = c.questions.LoadOrStore(q, &batch.Batcher[K, V]{
			Fetch: func(ctx context.Context, keys []K) (map[K]V, error) { return q.Fetch(ctx, c, keys) },
			Most:  q.Most, Window: c.Pace.Scale(listWindow), Memory: answerMemory, Epoch: c.Epoch})
	}
	batcher, ok := shared.(*batch.Batcher[K, V])
	if !ok {
		panic("awsapi: two questions share an address")
	}
	return batcher.Get(ctx, key, true)
}

// All returns the answers for several keys, without those for which there is none.
func (q *Question[K, V]) All(ctx context.Context, c *Clients, keys []K) (map[K]V, error) {
	values := make([]V, len(keys))
	found := make([]bool, len(keys))
	errs := make([]error, len(keys))
	var asking sync.WaitGroup
	for i, key := range keys {
		asking.Go(func() { values[i], found[i], errs[i] = q.Ask(ctx, c, key) })
	}
	asking.Wait()
	answers := map[K]V{}
	for i, key := range keys {
		if errs[i] != nil {
			return nil, errs[i]
		}
		if found[i] {
			answers[key] = values[i]
		}
	}
	return answers, nil
}
