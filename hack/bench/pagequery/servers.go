package pagequery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/bench/measure"
	"lifeline.scot/hack/cluster"
	"lifeline.scot/hack/cluster/process"
)

func named(s *v1alpha1.SupportService) types.NamespacedName {
	return types.NamespacedName{Namespace: s.Namespace, Name: s.Name}
}

// server is one of the two, in a process of its own on one processor.
type server struct {
	*process.Process

	name, url string
}

const (
	// startLimit is how long a server may take to generate its data; 50,000 services take 10 seconds on a quiet machine.
	startLimit = 3 * time.Minute
	stopGrace  = 5 * time.Second
)

func startServer(ctx context.Context, folder, name string, size Size) (*server, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start the %s server: %w", name, err)
	}
	address, err := cluster.FreePort()
	if err != nil {
		return nil, fmt.Errorf("start the %s server: %w", name, err)
	}
	child, err := process.Start(process.Program{
		Name: name, Path: program, Env: []string{"GOMAXPROCS=1"}, Log: filepath.Join(folder, name+".log"),
		Args: []string{
			ServeCommand, "-server=" + name, "-listen=" + address,
			"-partnerships=" + strconv.Itoa(size.Partnerships), "-services=" + strconv.Itoa(size.Services),
		},
	})
	if err != nil {
		return nil, err
	}
	s := &server{child, name, "http://" + address + "/"}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	err = child.WaitFor(ctx, func(ctx context.Context) error {
		_, err := s.ask(ctx, page(1, ""))
		return err
	})
	if err != nil {
		return nil, errors.Join(err, child.Stop(stopGrace))
	}
	return s, nil
}

// ask returns the data of an answer. Errors in it are an error.
func (s *server) ask(ctx context.Context, body []byte) (data map[string]any, err error) {
	err = measure.Post(ctx, http.DefaultClient, s.url, body, func(answer io.Reader) error {
		data, err = dataOf(answer)
		return err
	})
	return data, err
}

func dataOf(answer io.Reader) (map[string]any, error) {
	var got struct {
		Data   map[string]any
		Errors []struct{ Message string }
	}
	if err := json.NewDecoder(answer).Decode(&got); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if len(got.Errors) > 0 {
		return nil, fmt.Errorf("the answer has an error: %s", got.Errors[0].Message)
	}
	return got.Data, nil
}

// sameAnswers is an error unless both servers answer each of the requests with the same data.
func sameAnswers(ctx context.Context, a, b *server, bodies [][]byte) error {
	for _, body := range bodies {
		first, err := a.ask(ctx, body)
		if err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
		second, err := b.ask(ctx, body)
		if err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
		if !reflect.DeepEqual(first, second) {
			return fmt.Errorf("%s and %s differ in their answers to %s", a.name, b.name, body)
		}
	}
	return nil
}
