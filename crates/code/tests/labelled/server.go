package main

import "net/http"

type (
	Handler func(w http.ResponseWriter)
	server  struct {
		mux *http.ServeMux
	}
)

var (
	ErrGone = http.ErrBodyNotAllowed
	_ = ErrGone
)

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	go func() { recover() }()
}

func init() {}
