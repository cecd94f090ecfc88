package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"syscall"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	calibrations = 10
	calibration  = "anchor: measuring the latency of Events"
)

var (
	killLine = regexp.MustCompile(`^[^;]*;[^;\n]*[Oo]ut of memory[^;\n]*: Killed process (\d+) `)
	eventPid = regexp.MustCompile(`\bpid:? (\d+)`)
	began    = time.Now()
)

// observe prints when the kernel printed each kill line, by the line's own timestamp, and when Events that
// name a process were at a watch: `kill PID MS`, `event COMPONENT PID MS`, both of one clock, until it is stopped.
func observe(kubeconfig string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := corev1.NewForConfig(config)
	if err != nil {
		return err
	}
	events := client.Events("")
	list, err := events.List(context.Background(), metav1.ListOptions{Limit: 1})
	if err != nil {
		return err
	}
	watch, err := events.Watch(context.Background(), metav1.ListOptions{ResourceVersion: list.ResourceVersion})
	if err != nil {
		return err
	}
	log, err := openLog()
	if err != nil {
		return err
	}
	fmt.Println("observing")
	failed := make(chan error)
	go func() { failed <- log.tellKills() }()
	for {
		select {
		case err := <-failed:
			return err
		case change, open := <-watch.ResultChan():
			if !open {
				return fmt.Errorf("the watch ended")
			}
			event, is := change.Object.(*v1.Event)
			if !is {
				continue
			}
			if pid := eventPid.FindStringSubmatch(event.Message); pid != nil {
				fmt.Printf("event %s %s %.3f\n", event.Source.Component, pid[1], ms(time.Since(began)))
			}
		}
	}
}

// kernelLog is /dev/kmsg from now on.
type kernelLog struct {
	fd int
	// Our clock minus that of the records: a line is read as soon as it is written.
	ahead float64
}

func openLog() (*kernelLog, error) {
	fd, err := syscall.Open("/dev/kmsg", syscall.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("/dev/kmsg: %w", err)
	}
	const seekEnd = 2
	if _, err := syscall.Seek(fd, 0, seekEnd); err != nil {
		return nil, fmt.Errorf("/dev/kmsg: %w", err)
	}
	log := &kernelLog{fd: fd}
	for n := range calibrations {
		if _, err := syscall.Write(fd, []byte(calibration+"\n")); err != nil {
			return nil, fmt.Errorf("/dev/kmsg: %w", err)
		}
		for {
			record, err := log.read()
			if err != nil {
				return nil, err
			}
			if !strings.Contains(record, calibration) {
				continue
			}
			// Late by however long something else had the processor.
			if ahead := ms(time.Since(began)) - timeOf(record); n == 0 || ahead < log.ahead {
				log.ahead = ahead
			}
			break
		}
	}
	return log, nil
}

func (l *kernelLog) read() (string, error) {
	var buffer [8192]byte
	for {
		n, err := syscall.Read(l.fd, buffer[:])
		switch err {
		case nil:
			return string(buffer[:n]), nil
		case syscall.EPIPE, syscall.EINTR: // overtaken, interrupted: the next one
		default:
			return "", fmt.Errorf("/dev/kmsg: %w", err)
		}
	}
}

func (l *kernelLog) tellKills() error {
	for {
		record, err := l.read()
		if err != nil {
			return err
		}
		if kill := killLine.FindStringSubmatch(record); kill != nil && facilityOf(record) == 0 {
			fmt.Printf("kill %s %.3f\n", kill[1], timeOf(record)+l.ahead)
		}
	}
}

// `PRIORITY,SEQUENCE,MICROSECONDS,FLAGS;MESSAGE`
func head(record string) (priority int, us float64) {
	var sequence uint64
	_, _ = fmt.Sscanf(record, "%d,%d,%f,", &priority, &sequence, &us)
	return
}

func facilityOf(record string) int {
	priority, _ := head(record)
	return priority >> 3
}

func timeOf(record string) float64 {
	_, us := head(record)
	return us / 1000
}
