// SPDX-License-Identifier: GPL-2.0-only
/*
 * quorumsetup: sets of legs made, opened, watched and mended.
 */
#include "verbs.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* What is opened later must not become one of these. */
static void have_standard_files(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
}

/* What nobody could read is not known: say so, unless it failed anyway. */
static int finish(int code)
{
	if (fflush(stdout) || ferror(stdout))
		return code ? code : END_PARAMETERS;
	return code;
}

int main(int argc, char **argv)
{
	struct args args;
	int r;

	have_standard_files();
	catch_signals();
	if (argc == 2 && !strcmp(argv[1], "--bash-completion")) {
		options_completion();
		return finish(0);
	}
	r = options_parse(&args, argc, argv);
	if (r)
		return r;
	if (given(&args, OPT_HELP))
		options_help(args.verb);
	else if (given(&args, OPT_VERSION))
		say(PROGRAM " " QUORUM_VERSION);
	else
		r = args.verb->run(&args);
	return finish(r);
}
