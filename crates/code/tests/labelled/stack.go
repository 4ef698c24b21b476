package stack

import (
	"fmt"
	str "strings"
)

const Max = 10
const (
	A, B = 1, 2
	c    = 3
)

var global int

// Stack is a stack.
type Stack[T any] struct {
	items []T
	Name, Tag string
	fmt.Stringer
}

type Shape interface {
	Area() float64
}

type ID int
type Alias = ID

// Push adds.
func (s *Stack[T]) Push(item T) {
	local := item
	s.items = append(s.items, local)
}

func (id ID) String() string { return fmt.Sprint(int(id)) }

func New[T any]() *Stack[T] {
	var inner int
	const k = 1
	type local struct{ a int }
	_ = inner
	return &Stack[T]{}
}

func main() { str.ToUpper("x") }
