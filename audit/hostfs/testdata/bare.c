/*
 * The least that any program must do to look at each account: stat the home,
 * list .ssh, stat each entry, read authorized_keys and decode the base64 text in
 * it. No check of any kind; the yardstick of BenchmarkAccount.
 *
 * usage: bare DIR COUNT WORKERS    prints nanoseconds for all accounts together,
 * by the clock and of the processors
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *base;
static int count, workers;
static signed char value[256];

static unsigned long decode(const char *s, const char *end)
{
	unsigned long sum = 0;
	unsigned bits = 0, have = 0;

	for (; s < end && value[(unsigned char)*s] >= 0; s++) {
		bits = bits << 6 | value[(unsigned char)*s];
		if ((have += 6) >= 8) {
			have -= 8;
			sum += bits >> have & 255;
		}
	}
	return sum;
}

static unsigned long account(int i)
{
	char path[4096], buf[65536];
	struct stat st;
	struct dirent *d;
	unsigned long sum = 0;
	DIR *dir;
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "%s/home/u%05d", base, i);
	if (stat(path, &st) < 0)
		exit(2);
	strcat(path, "/.ssh");
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fdopendir(fd);
	while ((d = readdir(dir)) != NULL) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		if (fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			exit(3);
		sum += st.st_mode;
	}
	closedir(dir);
	strcat(path, "/authorized_keys");
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		exit(4);
	if ((n = read(fd, buf, sizeof buf)) < 0)
		exit(5);
	close(fd);
	for (char *s = buf, *end; s < buf + n; s = end + 1) {
		if ((end = memchr(s, '\n', buf + n - s)) == NULL)
			end = buf + n;
		if ((s = memchr(s, ' ', end - s)) == NULL)
			exit(6);
		sum += decode(s + 1, end);
	}
	return sum;
}

static void *work(void *arg)
{
	unsigned long sum = 0;

	for (int i = (int)(long)arg; i < count; i += workers)
		sum += account(i);
	return (void *)sum;
}

int main(int argc, char **argv)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct timespec a, b, cpu;
	pthread_t t[64];
	unsigned long sum = 0;

	if (argc != 4 || (workers = atoi(argv[3])) < 1 || workers > 64)
		return 1;
	base = argv[1];
	count = atoi(argv[2]);
	memset(value, -1, sizeof value);
	for (int i = 0; i < 64; i++)
		value[(unsigned char)alphabet[i]] = i;
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (long i = 0; i < workers; i++)
		pthread_create(&t[i], NULL, work, (void *)i);
	for (int i = 0; i < workers; i++) {
		void *r;
		pthread_join(t[i], &r);
		sum += (unsigned long)r;
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	printf("%lld %lld %lu\n", (b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec,
	    cpu.tv_sec * 1000000000LL + cpu.tv_nsec, sum);
	return 0;
}
