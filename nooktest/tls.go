package nooktest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"testing"
	"time"
)

// TLSConfig returns what a client needs to know to reach a server with Options.TLS at Addr: which certificate to trust.
//
//	srv := nooktest.RunWith(t, nooktest.Options{TLS: true})
//	redis.NewClient(&redis.Options{Addr: srv.Addr(), TLSConfig: srv.TLSConfig()})                      // go-redis
//	redis.Dial("tcp", srv.Addr(), redis.DialUseTLS(true), redis.DialTLSConfig(srv.TLSConfig()))        // redigo
//	rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{srv.Addr()}, TLSConfig: srv.TLSConfig()})
//
// It fails the test if the server has no TLS.
func (s *Server) TLSConfig() *tls.Config {
	s.t.Helper()
	if s.certificate == nil {
		s.t.Fatal("nooktest: the server has no TLS; set Options.TLS")
	}
	roots := x509.NewCertPool()
	roots.AddCert(s.certificate.Leaf)
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// secure makes a listener speak TLS, if the server does.
func (s *Server) secure(l net.Listener) net.Listener {
	if s.certificate == nil {
		return l
	}
	return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{*s.certificate}, MinVersion: tls.VersionTLS12})
}

// certify returns a new certificate for the loopback interface, which vouches for itself. It never leaves the memory.
func certify(t testing.TB) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatalf("nooktest: %v", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "nooktest"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA: true, BasicConstraintsValid: true,
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatalf("nooktest: %v", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatalf("nooktest: %v", err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}
