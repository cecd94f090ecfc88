// The kubelet's own path, to measure ours beside it: cAdvisor's parser on go-kmsg-parser, a channel
// of 10, and client-go's recorder, put together as pkg/kubelet/oom does.
//
//	anchor parse SECONDS <LOG      what its parser takes for the records of a saved log
//	anchor watch KUBECONFIG NODE   an Event for each OOM kill of this kernel from now on
//	anchor observe KUBECONFIG      when each OOM kill was printed, and when there were Events of it
package main

import (
	"fmt"
	"os"
)

func main() {
	var err error
	switch args := os.Args[1:]; {
	case len(args) == 2 && args[0] == "parse":
		err = parse(os.Stdin, args[1])
	case len(args) == 3 && args[0] == "watch":
		err = watch(args[1], args[2])
	case len(args) == 2 && args[0] == "observe":
		err = observe(args[1])
	default:
		err = fmt.Errorf("usage: anchor parse SECONDS <LOG | watch KUBECONFIG NODE | observe KUBECONFIG")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
