package main

import (
	"context"
	"fmt"

	"github.com/google/cadvisor/utils/oomparser"
	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/record"
)

// The kubelet's eventRecordQPS and eventBurst.
const (
	eventQPS   = 50
	eventBurst = 100
)

// watch posts an Event on the Node for each OOM kill from now on. The kubelet posts those of the
// whole system alone, which nobody can make on demand; this one posts all, in its words.
func watch(kubeconfig, node string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = eventQPS, eventBurst
	client, err := corev1.NewForConfig(config)
	if err != nil {
		return err
	}
	broadcaster := record.NewBroadcaster(record.WithContext(context.Background()))
	broadcaster.StartRecordingToSink(&corev1.EventSinkImpl{Interface: client.Events("")})
	recorder := broadcaster.NewRecorder(scheme.Scheme, v1.EventSource{Component: "anchor", Host: node})

	parser, err := oomparser.New()
	if err != nil {
		return err
	}
	if err := logOf(parser).SeekEnd(); err != nil {
		return err
	}
	out := make(chan *oomparser.OomInstance, capacity)
	go parser.StreamOoms(out)
	fmt.Println("watching")
	ref := &v1.ObjectReference{APIVersion: "v1", Kind: "Node", Name: node}
	for kill := range out {
		message := fmt.Sprintf("System OOM encountered, victim process: %s, pid: %d", kill.ProcessName, kill.Pid)
		recorder.Event(ref, v1.EventTypeWarning, "SystemOOM", message)
	}
	return fmt.Errorf("the kernel log ended")
}
