package ec2

import (
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/paging"
)

// listing is how the objects of one kind are listed by their Describe operation.
type listing[T any] struct {
	kind kind
	id   func(T) string
	// attributes gives the values of every filter that the operation knows. It
	// must name all of them for a zero object too.
	attributes func(T) map[string][]string
	page       int // largest page; also what an unpaged call gets
}

// query is what a call asks of a listing.
type query struct {
	ids     []string
	filters []types.Filter
	size    *int32
	token   *string
}

// list selects from objects and cuts the page that was asked for. One unknown id
// fails the whole call; a filter value that matches nothing does not (aws-facts §16).
func list[T any](s *Service, l listing[T], objects []T, q query) ([]T, *string, error) {
	var zero T
	if err := checkFilters(q.filters, l.attributes(zero)); err != nil {
		return nil, nil, err
	}
	if len(q.ids) > 0 {
		known := map[string]bool{}
		for _, object := range objects {
			known[l.id(object)] = true
		}
		unknown := slices.DeleteFunc(slices.Clone(q.ids), func(id string) bool { return known[id] })
		if len(unknown) > 0 {
			return nil, nil, l.kind.missing(unknown...)
		}
	}
	var selected []T
	for _, object := range objects {
		id := l.id(object)
		if len(q.ids) > 0 && !slices.Contains(q.ids, id) {
			continue
		}
		if len(q.filters) > 0 {
			ok, err := s.matches(id, q.filters, l.attributes(object))
			if err != nil {
				return nil, nil, err
			}
			if !ok {
				continue
			}
		}
		selected = append(selected, object)
	}
	return paging.Page(selected, q.token, q.size, l.page, l.page, "InvalidNextToken")
}

// values is a filter's values of an object: one for each pointer that is set.
func values(texts ...*string) []string {
	var list []string
	for _, text := range texts {
		if text != nil {
			list = append(list, *text)
		}
	}
	return list
}

func flag(b *bool) []string {
	if b == nil {
		return nil
	}
	return []string{strconv.FormatBool(*b)}
}

func number(n *int32) []string {
	if n == nil {
		return nil
	}
	return []string{strconv.Itoa(int(*n))}
}

// each gathers a filter's values from the members of a list.
func each[T any](items []T, value func(T) []string) []string {
	var list []string
	for _, item := range items {
		list = append(list, value(item)...)
	}
	return list
}
