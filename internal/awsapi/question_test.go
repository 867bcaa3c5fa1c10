package awsapi_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// TestQuestionsAreAskedOnce: those who ask together share a call, those who ask later
// its answer, and other clients have their own.
func TestQuestionsAreAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		fetches := map[*awsapi.Clients]int{}
		lengths := awsapi.Question[string, int]{Fetch: func(_ context.Context, c *awsapi.Clients, keys []string) (map[string]int, error) {
			mu.Lock()
			defer mu.Unlock()
			fetches[c]++
			answers := map[string]int{}
			for _, key := range keys {
				answers[key] = len(key)
			}
			return answers, nil
		}}
		one, other := awsapi.New(aws.Config{}, nil, 1), awsapi.New(aws.Config{}, nil, 1)
		ask := func(c *awsapi.Clients, key string) {
			if n, found, err := lengths.Ask(t.Context(), c, key); n != len(key) || !found || err != nil {
				t.Errorf("%s: %d %t %v", key, n, found, err)
			}
		}
		var wg sync.WaitGroup
		for _, key := range []string{"a", "bb", "a", "ccc"} {
			wg.Go(func() { ask(one, key) })
		}
		wg.Wait()
		ask(one, "bb")
		ask(other, "bb")
		if fetches[one] != 1 || fetches[other] != 1 {
			t.Errorf("%d and %d calls, want 1 each", fetches[one], fetches[other])
		}
	})
}
