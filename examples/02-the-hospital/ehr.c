/* A stand-in for an electronic health record: shows a chart, and tells somebody far away that it did. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char chart[4096];
	int file = open(argc > 1 ? argv[1] : "/srv/phi/7.hl7", O_RDONLY);
	ssize_t length = file < 0 ? -1 : read(file, chart, sizeof chart);

	if (length < 0)
		return perror("chart"), 1;
	write(STDOUT_FILENO, chart, length);

	struct sockaddr_in elsewhere = {.sin_family = AF_INET, .sin_port = htons(9)};
	inet_pton(AF_INET, "127.0.0.1", &elsewhere.sin_addr);
	int out = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(out, (struct sockaddr *)&elsewhere, sizeof elsewhere) < 0)
		perror("statistics");
	return 0;
}
