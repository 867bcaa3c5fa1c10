package awsapi

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"
)

// databaseTokenLife is how long a token opens connections; AWS has it fixed.
const databaseTokenLife = 15 * time.Minute

// DatabaseToken signs, without a call, what a database with IAM authentication takes
// for a password. It is void when the credentials that signed it are.
func DatabaseToken(ctx context.Context, c *Clients, host string, port int64, region, user string) (token string, expires time.Time, err error) {
	credentials, err := c.credentials.Retrieve(ctx)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("finding credentials: %w", err)
	}
	expires = time.Now().Add(databaseTokenLife)
	if credentials.CanExpire && credentials.Expires.Before(expires) {
		expires = credentials.Expires
	}
	token, err = auth.BuildAuthToken(ctx, net.JoinHostPort(host, strconv.FormatInt(port, 10)), region, user, c.credentials)
	return token, expires, err
}
