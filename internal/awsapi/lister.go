package awsapi

import (
	"context"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/batch"
)

// Lister finds the objects of a stack by tag, and by id those whose tags were
// lost, sharing calls among all stacks that ask at about the same time.
type Lister[T any] struct {
	owned *batch.Batcher[string, []T]
	byID  *batch.Batcher[string, T]
	id    func(T) string
}

// Found is an object of a stack.
type Found[T any] struct {
	Object T
	// Key is the part key under which the state remembers the object's id; "" when
	// the state does not.
	Key string
}

const (
	// listWindow is how long a look-up waits for company.
	listWindow = 20 * time.Millisecond
	// listMemory is how old an answer may be that serves a refresh.
	listMemory = 30 * time.Second
)

// NewLister returns a Lister. owned returns the objects that carry the
// webtier:stack tag, grouped by its value: those of the stacks named at least,
// better all, for then one call serves a whole refresh. byID returns the objects
// that exist among at most most ids; id names an object.
func NewLister[T any](c *Clients, owned func(ctx context.Context, stacks []string) (map[string][]T, error),
	byID func(ctx context.Context, ids []string) (map[string]T, error), most int, id func(T) string) *Lister[T] {
	window := c.Pace.Scale(listWindow)
	return &Lister[T]{
		owned: &batch.Batcher[string, []T]{Fetch: owned, Window: window, Memory: listMemory, Epoch: c.Epoch},
		byID:  &batch.Batcher[string, T]{Fetch: byID, Most: most, Window: window, Memory: listMemory, Epoch: c.Epoch},
		id:    id,
	}
}

// Find returns the objects of the stack: by tag, and by the known ids (part key
// to id) those that carry the tags no more.
func (l *Lister[T]) Find(ctx context.Context, stack string, known map[string]string, recent bool) ([]Found[T], error) {
	tagged, _, err := l.owned.Get(ctx, stack, recent)
	if err != nil {
		return nil, err
	}
	keyOf := map[string]string{}
	for key, id := range known {
		keyOf[id] = key
	}
	var found []Found[T]
	for _, object := range tagged {
		id := l.id(object)
		found = append(found, Found[T]{Object: object, Key: keyOf[id]})
		delete(keyOf, id)
	}
	for id, key := range keyOf {
		object, exists, err := l.byID.Get(ctx, id, recent)
		if err != nil && !IsNotFound(err) {
			return nil, err
		}
		if exists {
			found = append(found, Found[T]{Object: object, Key: key})
		}
	}
	return found, nil
}
