package iface

type Reader interface {
	Read(p []byte) (n int, err error)
	Closer
}

type Number interface {
	~int | ~float64
}

type Empty struct{}

func Map[T, U any](xs []T, f func(T) U) []U {
	out := make([]U, 0, len(xs))
	for _, x := range xs {
		out = append(out, f(x))
	}
	return out
}
