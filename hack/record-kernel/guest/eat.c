/*
 * Eats memory until the kernel kills it, as the guest of hack/record-kernel needs it: with a name of any
 * bytes, on one NUMA node, in a thread that has lost its leader, in memory that two processes share.
 *
 *   eat [-n HEX] [-a OOM_SCORE_ADJ] [-b NUMA_NODE] [-g FILE] [-l MB] [-t | -s]
 *   eat -w TEXT    writes TEXT to the kernel log without a pause
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MPOL_BIND = 2, PIECE = 256 << 10, MB = 1 << 20, STACK = 64 << 10, BETWEEN_US = 300 };

static const char *gate;
static size_t limit = -1;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void take_name(const char *hex) {
  char name[16] = "";
  for (int at = 0; at < 15 && sscanf(hex + 2 * at, "%2hhx", &name[at]) == 1; at++)
    ;
  prctl(PR_SET_NAME, name);
}

static void write_to(const char *path, const char *text) {
  int fd = open(path, O_WRONLY);
  if (fd < 0 || write(fd, text, strlen(text)) < 0) fail(path);
  close(fd);
}

static void eat(void) {
  while (gate && access(gate, F_OK)) usleep(1000);
  for (size_t eaten = 0; eaten < limit; eaten += PIECE) {
    void *piece = mmap(NULL, PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (piece == MAP_FAILED) fail("mmap");
    memset(piece, 1, PIECE);
  }
  for (;;) pause();
}

static int sleep_on(void *unused) {
  for (;;) pause();
  return 0;
}

static void *eat_as_thread(void *numbers) {
  int tid = syscall(SYS_gettid);
  if (write(*(int *)numbers, &tid, sizeof tid) < 0) fail("pipe");
  eat();
  return NULL;
}

static void print_end(const char *ids, int status) {
  if (WIFSIGNALED(status)) printf("@@WAIT %s signal=%d\n", ids, WTERMSIG(status));
  else printf("@@WAIT %s exit=%d\n", ids, WEXITSTATUS(status));
  fflush(stdout);
}

/* The threads of one process, of which the first has ended; this one, which lives on, tells how that went. */
static void lose_leader(void) {
  int numbers[2], tid, status;
  char ids[64];
  if (pipe(numbers)) fail("pipe");
  pid_t pid = fork();
  if (pid == 0) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, eat_as_thread, &numbers[1])) fail("pthread_create");
    syscall(SYS_exit, 0);
  }
  if (read(numbers[0], &tid, sizeof tid) != sizeof tid) fail("pipe");
  waitpid(pid, &status, 0);
  snprintf(ids, sizeof ids, "pid=%d or=%d", pid, tid);
  print_end(ids, status);
}

/* Two processes with one memory: whoever is chosen, both die. */
static void share_memory(void) {
  char *stacks = mmap(NULL, 2 * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int status, other;
  char ids[64];
  pid_t pid = fork();
  if (pid == 0) {
    /* A sibling, which is for the same process to wait for. */
    int sharing = clone(sleep_on, stacks + STACK, CLONE_VM | CLONE_PARENT | SIGCHLD, NULL);
    if (sharing < 0) fail("clone");
    eat();
  }
  pid_t first = waitpid(-1, &status, 0);
  pid_t second = waitpid(-1, &other, 0);
  if (first < 0 || second < 0 || status != other) fail("two that share their memory ended differently");
  snprintf(ids, sizeof ids, "pid=%d or=%d", first, second);
  print_end(ids, status);
}

static void make_noise(const char *text) {
  char line[200];
  int fd = open("/dev/kmsg", O_WRONLY);
  if (fd < 0) fail("/dev/kmsg");
  for (unsigned at = 0;; at++) {
    int length = snprintf(line, sizeof line, "<14>%s %u\n", text, at);
    if (write(fd, line, length) < 0) fail("/dev/kmsg");
    usleep(BETWEEN_US);
  }
}

int main(int argc, char **argv) {
  void (*act)(void) = NULL;
  for (int flag; (flag = getopt(argc, argv, "n:a:b:g:l:tsw:")) != -1;) {
    unsigned long nodes = optarg ? 1UL << atoi(optarg) : 0;
    switch (flag) {
      case 'n': take_name(optarg); break;
      case 'a': write_to("/proc/self/oom_score_adj", optarg); break;
      case 'b':
        if (syscall(SYS_set_mempolicy, MPOL_BIND, &nodes, 8 * sizeof nodes)) fail("set_mempolicy");
        break;
      case 'g': gate = optarg; break;
      case 'l': limit = atoi(optarg) * (size_t)MB; break;
      case 't': act = lose_leader; break;
      case 's': act = share_memory; break;
      case 'w': make_noise(optarg); break;
      default: return 2;
    }
  }
  if (!act) eat();
  act();
  return 0;
}
