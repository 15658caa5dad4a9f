package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
)

// authority issues certificates, and keeps them in files.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t, dir: t.TempDir()}
	template := &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	a.cert, a.key = a.issue("ca", template)
	return a
}

// issue makes a certificate in name.crt and its key in name.key. The first is the authority's own.
func (a *authority) issue(name string, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(a.t, err)
	template.SerialNumber, template.NotAfter = big.NewInt(time.Now().UnixNano()), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	require.NoError(a.t, err)
	private, err := x509.MarshalECPrivateKey(key)
	require.NoError(a.t, err)
	a.write(name+".crt", "CERTIFICATE", der)
	a.write(name+".key", "EC PRIVATE KEY", private)
	cert, err := x509.ParseCertificate(der)
	require.NoError(a.t, err)
	return cert, key
}

func (a *authority) write(name, kind string, der []byte) {
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	require.NoError(a.t, os.WriteFile(a.file(name), text, 0o600))
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

// dial says what comes back for a PING over TLS, with or without a client's certificate.
func (a *authority) dial(addr string, certified bool) (string, error) {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	c := &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	if certified {
		pair, err := tls.LoadX509KeyPair(a.file("client.crt"), a.file("client.key"))
		require.NoError(a.t, err)
		c.Certificates = []tls.Certificate{pair}
	}
	raw, err := tls.Dial("tcp", addr, c)
	if err != nil {
		return "", err
	}
	defer raw.Close()
	conn := redistest.NewConn(a.t, raw)
	conn.Send("PING")
	r, err := conn.Receive()
	return r.Str, err
}

func TestTLS(t *testing.T) {
	path, a := build(t), newAuthority(t)
	a.issue("server", &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}})
	a.issue("client", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	for _, c := range []struct {
		args           []string
		bare, verified bool // who gets in
	}{
		{nil, true, true},
		{[]string{"-tls-ca-cert-file", a.file("ca.crt")}, false, true},
		{[]string{"-tls-ca-cert-file", a.file("ca.crt"), "-tls-auth-clients", "optional"}, true, true},
		{[]string{"-tls-ca-cert-file", a.file("ca.crt"), "-tls-auth-clients", "no"}, true, true},
	} {
		args := append([]string{"-addr", "127.0.0.1:0", "-tls-cert-file", a.file("server.crt"), "-tls-key-file", a.file("server.key")}, c.args...)
		p := launch(t, path, args...)
		for certified, want := range map[bool]bool{false: c.bare, true: c.verified} {
			reply, err := a.dial(p.addr, certified)
			require.Equal(t, want, err == nil, "%q: %v", c.args, err)
			require.Equal(t, want, reply == "PONG", "%q", c.args)
		}
		plain := dial(t, "tcp", p.addr)
		plain.Send("PING")
		_, err := plain.Receive()
		require.Error(t, err)
		require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(t, p.cmd.Wait())
	}
}

func TestTLSFails(t *testing.T) {
	a := newAuthority(t)
	cert := []string{"-tls-cert-file", a.file("ca.crt"), "-tls-key-file", a.file("ca.key")}
	for want, args := range map[string][]string{
		"nothing without":      {"-tls-auth-clients", "yes"},
		"needs tls-ca":         append([]string{"-tls-auth-clients", "yes"}, cert...),
		"not yes, no":          append([]string{"-tls-auth-clients", "maybe"}, cert...),
		"has no certificate":   append([]string{"-tls-ca-cert-file", a.file("ca.key")}, cert...),
		"no such file":         append([]string{"-tls-ca-cert-file", a.file("nosuch")}, cert...),
		"tls-cert-file and":    {"-tls-cert-file", a.file("ca.crt")},
		"opening file 'nosuch": {"-aclfile", "nosuch"},
	} {
		require.ErrorContains(t, run(context.Background(), args, io.Discard, io.Discard), want)
	}
}

func TestACLFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users.acl")
	require.NoError(t, os.WriteFile(file, []byte("user default off\nuser ann on >p +ping\n"), 0o600))
	p := launch(t, build(t), "-addr", "127.0.0.1:0", "-aclfile", file)
	c := dial(t, "tcp", p.addr)
	require.Equal(t, "NOAUTH Authentication required.", c.Do("PING").Str)
	require.Equal(t, "OK", c.Do("AUTH", "ann", "p").Str)
	require.Equal(t, "PONG", c.Do("PING").Str)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, p.cmd.Wait())
}
