package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"os"
)

// tlsFiles is what the command line says of TLS.
type tlsFiles struct {
	cert, key, ca string // names of PEM files
	clients       string // whether clients need a certificate: yes, no, optional, or "" for what follows from ca
}

func (f *tlsFiles) define(flags *flag.FlagSet) {
	flags.StringVar(&f.cert, "tls-cert-file", "", "PEM `file` of the server's certificate, which makes it speak nothing but TLS")
	flags.StringVar(&f.key, "tls-key-file", "", "PEM `file` of the certificate's key")
	flags.StringVar(&f.ca, "tls-ca-cert-file", "", "PEM `file` of the authorities that clients' certificates are of")
	flags.StringVar(&f.clients, "tls-auth-clients", "", "whether clients need a certificate: yes, no, or optional; yes with tls-ca-cert-file, no without")
}

// clientAuth are the values of tls-auth-clients.
var clientAuth = map[string]tls.ClientAuthType{
	"yes": tls.RequireAndVerifyClientCert, "no": tls.NoClientCert, "optional": tls.VerifyClientCertIfGiven,
}

// config returns the configuration that the files make, nil if there is none.
func (f *tlsFiles) config() (*tls.Config, error) {
	if f.cert == "" && f.key == "" {
		if f.ca != "" || f.clients != "" {
			return nil, errors.New("tls-ca-cert-file and tls-auth-clients are nothing without tls-cert-file and tls-key-file")
		}
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, fmt.Errorf("tls-cert-file and tls-key-file: %w", err)
	}
	c := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	clients := f.clients
	if clients == "" && f.ca != "" {
		clients = "yes"
	}
	auth, ok := clientAuth[clients]
	switch {
	case !ok && clients != "":
		return nil, fmt.Errorf("tls-auth-clients is %q, and not yes, no or optional", clients)
	case auth != tls.NoClientCert && f.ca == "":
		return nil, errors.New("tls-auth-clients needs tls-ca-cert-file")
	}
	c.ClientAuth = auth
	if f.ca != "" {
		c.ClientCAs, err = authorities(f.ca)
	}
	return c, err
}

// authorities reads certificates from a PEM file.
func authorities(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("tls-ca-cert-file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("tls-ca-cert-file: %s has no certificate", file)
	}
	return pool, nil
}
