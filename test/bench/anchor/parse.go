package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/google/cadvisor/utils/oomparser"
	"k8s.io/klog/v2"
)

// parse lets the parser read a log again and again for so many seconds, and prints what it used.
func parse(from io.Reader, seconds string) error {
	log, err := io.ReadAll(from)
	if err != nil {
		return err
	}
	atLeast, err := strconv.ParseFloat(seconds, 64)
	if err != nil {
		return err
	}
	records := split(log)
	klog.SetLogger(klog.New(nil))            // it complains that the log ended
	if err := pass(records, 1); err != nil { // the first one is warm-up
		return err
	}
	done := 0
	started, cpu := time.Now(), cpuTime()
	for times := 1; time.Since(started).Seconds() < atLeast; times *= 2 {
		if err := pass(records, times); err != nil {
			return err
		}
		done += times * len(records)
	}
	took, used := time.Since(started), cpuTime()-cpu
	return json.NewEncoder(os.Stdout).Encode(map[string]float64{
		"records": float64(done), "wallMs": ms(took), "cpuMs": ms(used),
	})
}

// pass lets the parser read the log so many times.
func pass(records [][]byte, times int) error {
	parser, err := oomparser.New()
	if err != nil {
		return err
	}
	readFrom(parser, &memory{records: records, times: times})
	out := make(chan *oomparser.OomInstance, capacity)
	go func() {
		defer close(out)
		parser.StreamOoms(out)
	}()
	for range out {
	}
	return nil
}

// memory answers each read with one record, as the device does.
type memory struct {
	records [][]byte
	next    int
	times   int
}

func (m *memory) Read(into []byte) (int, error) {
	if m.next == len(m.records) {
		if m.times--; m.times == 0 {
			return 0, io.EOF
		}
		m.next = 0
	}
	m.next++
	return copy(into, m.records[m.next-1]), nil
}

func (*memory) Seek(int64, int) (int64, error) { return 0, nil }
func (*memory) Close() error                   { return nil }

// split gives the records of a saved log: a line that begins with a space goes on with the one before.
func split(log []byte) [][]byte {
	var records [][]byte
	for _, line := range bytes.SplitAfter(log, []byte("\n")) {
		if last := len(records) - 1; last >= 0 && bytes.HasPrefix(line, []byte(" ")) {
			records[last] = append(records[last], line...)
		} else if len(line) > 0 {
			records = append(records, bytes.Clone(line))
		}
	}
	return records
}

func cpuTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
