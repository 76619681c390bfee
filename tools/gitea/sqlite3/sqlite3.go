// Package sqlite3 stands where Gitea imports github.com/mattn/go-sqlite3, which needs a C compiler: the same driver name,
// over the SQLite that is written in Go (modernc.org/sqlite, which Gitea itself uses from 1.27 on).
package sqlite3

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net/url"
	"strings"

	"modernc.org/sqlite"
)

type goDriver struct{ sqlite.Driver }

func init() { sql.Register("sqlite3", &goDriver{}) }

// Open takes mattn's parameters. Without a shared cache: that one answers "table is locked" at once, whatever the busy timeout.
// Nothing waits for the disk: what a test writes need not outlive the machine.
func (d *goDriver) Open(name string) (driver.Conn, error) {
	path, query, _ := strings.Cut(name, "?")
	asked, err := url.ParseQuery(query)
	if err != nil {
		return nil, fmt.Errorf("%q is no SQLite address: %w", name, err)
	}
	given := url.Values{"_txlock": asked["_txlock"], "_pragma": {"synchronous(off)"}}
	for _, pragma := range []string{"busy_timeout", "journal_mode"} {
		if value := asked.Get("_" + pragma); value != "" {
			given.Add("_pragma", fmt.Sprintf("%s(%s)", pragma, value))
		}
	}
	return d.Driver.Open(path + "?" + given.Encode())
}
