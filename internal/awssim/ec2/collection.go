package ec2

import "slices"

// collection holds objects by id and lists them in the order of their creation,
// so that every list is stable.
type collection[T any] struct {
	order []string
	byID  map[string]T
}

func newCollection[T any]() collection[T] { return collection[T]{byID: map[string]T{}} }

func (c *collection[T]) add(id string, item T) {
	if _, known := c.byID[id]; !known {
		c.order = append(c.order, id)
	}
	c.byID[id] = item
}

func (c *collection[T]) remove(id string) {
	delete(c.byID, id)
	c.order = slices.DeleteFunc(c.order, func(other string) bool { return other == id })
}

func (c *collection[T]) get(id string) (T, bool) {
	item, ok := c.byID[id]
	return item, ok
}

// all returns the objects, oldest first. The caller may remove while it iterates.
func (c *collection[T]) all() []T {
	items := make([]T, len(c.order))
	for i, id := range c.order {
		items[i] = c.byID[id]
	}
	return items
}
