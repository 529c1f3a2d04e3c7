package cluster_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"lifeline.scot/hack/cluster"
)

func start(t *testing.T, o cluster.Options) *cluster.Cluster {
	t.Helper()
	c, err := cluster.Start(t.Context(), o)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return c
}

func client(t *testing.T, cfg *rest.Config) *kubernetes.Clientset {
	t.Helper()
	made, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestClusterStartedAgainInItsFolderKeepsObjectsAndKubeconfigs(t *testing.T) {
	dir := t.TempDir()
	address, err := cluster.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	first := start(t, cluster.Options{Dir: dir, Address: address})
	kubeconfig, err := first.Kubeconfig(first.Admin())
	if err != nil {
		t.Fatal(err)
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "kept"}}
	if _, err := client(t, first.Admin()).CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	token := serviceAccountToken(t, first)
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}

	second := start(t, cluster.Options{Dir: dir, Address: address})
	cfg, err := clientcmd.RESTConfigFromKubeConfig(kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client(t, cfg).CoreV1().Namespaces().Get(t.Context(), "kept", metav1.GetOptions{}); err != nil {
		t.Errorf("the object of the first run, with the kubeconfig of the first run: %v", err)
	}
	_, err = client(t, withToken(second.Admin(), token)).CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{})
	if !apierrors.IsForbidden(err) {
		t.Errorf("the token of the first run: got %v, want to be known but forbidden", err)
	}
}

// serviceAccountToken needs the controller manager to have made the account, and the API server to sign for it.
func serviceAccountToken(t *testing.T, c *cluster.Cluster) string {
	t.Helper()
	request := &authenticationv1.TokenRequest{}
	made, err := client(t, c.Admin()).CoreV1().ServiceAccounts("default").
		CreateToken(t.Context(), "default", request, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("token of the default service account: %v", err)
	}
	return made.Status.Token
}

func withToken(cfg *rest.Config, token string) *rest.Config {
	cfg = rest.AnonymousClientConfig(cfg)
	cfg.BearerToken = token
	return cfg
}

func TestUsersAreKnownByNameAndGroupsAndMayDoNothingUnlessBound(t *testing.T) {
	c := start(t, cluster.Options{})
	cfg, err := c.User("morag", "readers", "writers")
	if err != nil {
		t.Fatal(err)
	}
	morag := client(t, cfg)
	review, err := morag.AuthenticationV1().SelfSubjectReviews().
		Create(t.Context(), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	user := review.Status.UserInfo
	if user.Username != "morag" || strings.Join(user.Groups, " ") != "readers writers system:authenticated" {
		t.Errorf("known as %s in %v", user.Username, user.Groups)
	}
	if _, err := morag.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("list namespaces: got %v, want forbidden", err)
	}
}

func TestKeptClusterComesBackWhenItsServerIsKilled(t *testing.T) {
	c := start(t, cluster.Options{})
	said := make(chan string, 10)
	c.Keep(func(line string) { said <- line })
	killServer(t, c.Address())
	if line := <-said; !strings.HasPrefix(line, "kube-apiserver ended with signal: killed; it is started again") {
		t.Errorf("said %q", line)
	}
	admin, deadline := client(t, c.Admin()), time.Now().Add(time.Minute)
	for {
		_, err := admin.CoreV1().Namespaces().Get(t.Context(), "default", metav1.GetOptions{})
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("it did not come back: %v", err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// killServer kills the child of this test that was told to listen on the port of the address.
func killServer(t *testing.T, address string) {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	commands, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(commands) == 0 {
		t.Skip("processes can only be found by their arguments on Linux")
	}
	for _, file := range commands {
		arguments, _ := os.ReadFile(file) // a process may end while we look
		if !strings.Contains(string(arguments), "--secure-port="+port+"\x00") {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil || syscall.Kill(pid, syscall.SIGKILL) != nil {
			t.Fatalf("kill %s: %v", file, err)
		}
		return
	}
	t.Fatal("found no server to kill")
}

func TestNamespaceIsRemovedWithWhatIsInIt(t *testing.T) {
	c := start(t, cluster.Options{})
	admin := client(t, c.Admin()).CoreV1()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "brief"}}
	if _, err := admin.Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	note := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "note"}}
	if _, err := admin.ConfigMaps("brief").Create(t.Context(), note, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := admin.Namespaces().Delete(t.Context(), "brief", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		_, err := admin.Namespaces().Get(ctx, "brief", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("the namespace is still there: %v", err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func TestStopLeavesNoTemporaryFolderAndNoListener(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	c := start(t, cluster.Options{})
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	if err := cluster.CheckFree(c.Address()); err != nil {
		t.Errorf("address after the end: %v", err)
	}
}

func TestStartSaysWhatIsWrong(t *testing.T) {
	assets, err := cluster.FindAssets()
	if err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()

	for name, c := range map[string]struct {
		options cluster.Options
		says    []string
	}{
		"port in use": {
			options: cluster.Options{Address: taken.Addr().String()},
			says:    []string{"something else is listening on " + taken.Addr().String()},
		},
		"missing program": {
			options: cluster.Options{Assets: t.TempDir()},
			says:    []string{"etcd is missing: there is no file"},
		},
		"program that ends early": {
			options: cluster.Options{Assets: withStubServer(t, assets, "unknown flag: --tartan")},
			says:    []string{"kube-apiserver ended with exit status 3", "kube-apiserver.log", "unknown flag: --tartan"},
		},
		"disk that is full": {
			options: cluster.Options{Assets: withStubServer(t, assets, "write: no space left on device")},
			says:    []string{"kube-apiserver cannot write: the disk is full"},
		},
		"address without a port": {
			options: cluster.Options{Address: "127.0.0.1"},
			says:    []string{"address of the API server", "missing port"},
		},
		"folder that cannot be made": {
			options: cluster.Options{Dir: filepath.Join(os.DevNull, "data")},
			says:    []string{"make a folder for the cluster", "not a directory"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			started, err := cluster.Start(t.Context(), c.options)
			if err == nil {
				t.Fatal(errors.Join(errors.New("it started"), started.Stop()))
			}
			for _, words := range c.says {
				if !strings.Contains(err.Error(), words) {
					t.Errorf("%q does not say %q", err, words)
				}
			}
		})
	}
}

// withStubServer is a folder with the real etcd and an API server that complains and ends.
func withStubServer(t *testing.T, assets, complaint string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Symlink(filepath.Join(assets, "etcd"), filepath.Join(dir, "etcd")); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\necho '" + complaint + "' >&2\nexit 3\n"
	if err := os.WriteFile(filepath.Join(dir, "kube-apiserver"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}
