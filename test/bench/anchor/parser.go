package main

import (
	"reflect"
	"unsafe"

	"github.com/euank/go-kmsg-parser/kmsgparser"
	"github.com/google/cadvisor/utils/oomparser"
)

// The kubelet's channel of OOM instances.
const capacity = 10

// logOf gives the kernel log that the parser has opened: it lets nobody else choose where to begin.
func logOf(parser *oomparser.OomParser) kmsgparser.Parser {
	return *private[kmsgparser.Parser](reflect.ValueOf(parser).Elem(), "parser")
}

// readFrom puts another log in the place of /dev/kmsg.
func readFrom(parser *oomparser.OomParser, log kmsgparser.ReadSeekCloser) {
	opened := reflect.ValueOf(logOf(parser)).Elem()
	reader := private[kmsgparser.ReadSeekCloser](opened, "kmsgReader")
	_ = (*reader).Close()
	*reader = log
}

// private is a field that the package keeps to itself; it panics where a new version has none.
func private[T any](of reflect.Value, name string) *T {
	field := of.FieldByName(name)
	if field.Type() != reflect.TypeFor[T]() {
		panic("the type of " + name + " is now " + field.Type().String())
	}
	return (*T)(unsafe.Pointer(field.UnsafeAddr()))
}
