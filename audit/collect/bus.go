package collect

import (
	"context"
	"errors"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/coreos/go-systemd/v22/dbus"
	godbus "github.com/godbus/dbus/v5"
)

// busPatience bounds everything that systemd is asked in one audit.
const busPatience = 3 * time.Second

// busSocket is a way to systemd.
type busSocket struct {
	path string
	// hello tells that a bus daemon stands between, which wants to be greeted.
	hello bool
}

// busSockets are tried in order: systemd's own, which only root may use and which
// works without a bus daemon, then the system bus.
var busSockets = []busSocket{{"/run/systemd/private", false}, {"/run/dbus/system_bus_socket", true}}

// systemdBus connects to systemd. Whatever is asked through the connection fails
// when ctx's deadline passes, also where the other side accepts and says nothing.
func systemdBus(ctx context.Context) (*dbus.Conn, error) {
	var problems []error
	for _, socket := range busSockets {
		conn, err := dbus.NewConnection(func() (*godbus.Conn, error) { return socket.dial(ctx) })
		if err == nil {
			return conn, nil
		}
		problems = append(problems, err)
	}
	return nil, errors.Join(problems...)
}

func (b busSocket) dial(ctx context.Context) (*godbus.Conn, error) {
	var dialer net.Dialer
	stream, err := dialer.DialContext(ctx, "unix", b.path)
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		err = stream.SetDeadline(deadline)
	}
	if err != nil {
		_ = stream.Close() // nothing was sent
		return nil, err
	}
	conn, err := godbus.NewConn(stream, godbus.WithContext(ctx))
	if err != nil {
		_ = stream.Close() // nothing was sent
		return nil, err
	}
	if err = conn.Auth([]godbus.Auth{godbus.AuthExternal(strconv.Itoa(os.Geteuid()))}); err == nil && b.hello {
		err = conn.Hello()
	}
	if err != nil {
		_ = conn.Close() // it is of no use
		return nil, err
	}
	return conn, nil
}
