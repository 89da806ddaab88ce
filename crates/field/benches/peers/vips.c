/* libvips in process, for the bench beside it: both smaller copies of one photo per line read, until the input ends.
 *
 * `vips_peer photo.jpg`, then "b\n" (the small copy from the photo, as vipsthumbnail does it) or "s\n" (from the large copy).
 * Answers with "<processor ms> <wall ms> <largest resident KiB> <bytes of both copies>". What it uses of libvips 8 is
 * declared here, so that the library alone is needed and not its headers (Debian: libvips42, which libvips-tools brings).
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

typedef struct _VipsImage VipsImage;
extern int vips_init(const char *program);
extern const char *vips_version_string(void);
extern void vips_cache_set_max(int most);
extern int vips_thumbnail_buffer(void *bytes, size_t length, VipsImage **out, int width, ...);
extern int vips_thumbnail_image(VipsImage *in, VipsImage **out, int width, ...);
extern int vips_jpegsave_buffer(VipsImage *in, void **bytes, size_t *length, ...);
extern VipsImage *vips_image_copy_memory(VipsImage *image);
extern const char *vips_error_buffer(void);
extern void g_object_unref(void *object);
extern void g_free(void *bytes);

enum { SIZE_DOWN = 2, QUALITY = 82, SCREEN = 1600, THUMBNAIL = 320 };

static void stop(const char *doing)
{
	fprintf(stderr, "vips_peer: %s: %s\n", doing, vips_error_buffer());
	exit(1);
}

static double ms_of(struct timeval time) { return time.tv_sec * 1e3 + time.tv_usec / 1e3; }

static double processor_ms(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return ms_of(usage.ru_utime) + ms_of(usage.ru_stime);
}

static double wall_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static size_t saved(VipsImage *image)
{
	void *bytes;
	size_t length;
	if (vips_jpegsave_buffer(image, &bytes, &length, "Q", QUALITY, "strip", 1, (void *) 0))
		stop("saving");
	g_free(bytes);
	return length;
}

static VipsImage *shrunk(void *photo, size_t length, int pixels)
{
	VipsImage *out;
	if (vips_thumbnail_buffer(photo, length, &out, pixels, "height", pixels, "size", SIZE_DOWN, (void *) 0))
		stop("shrinking");
	return out;
}

static size_t both_copies(void *photo, size_t length, int is_stepwise)
{
	VipsImage *screen = shrunk(photo, length, SCREEN), *thumbnail;
	if (is_stepwise) {
		VipsImage *kept = vips_image_copy_memory(screen);
		if (!kept)
			stop("keeping");
		g_object_unref(screen);
		screen = kept;
		if (vips_thumbnail_image(screen, &thumbnail, THUMBNAIL, "height", THUMBNAIL, "size", SIZE_DOWN, (void *) 0))
			stop("shrinking again");
	}
	else
		thumbnail = shrunk(photo, length, THUMBNAIL);
	size_t bytes = saved(screen) + saved(thumbnail);
	g_object_unref(screen);
	g_object_unref(thumbnail);
	return bytes;
}

int main(int count, char **args)
{
	if (count != 2 || vips_init(args[0]))
		stop("usage: vips_peer photo.jpg");
	/* Otherwise it would hand out the last answer again. */
	vips_cache_set_max(0);
	FILE *file = fopen(args[1], "rb");
	if (!file || fseek(file, 0, SEEK_END))
		stop("opening");
	size_t length = ftell(file);
	void *photo = malloc(length);
	rewind(file);
	if (!photo || fread(photo, 1, length, file) != length)
		stop("reading");
	printf("%s\n", vips_version_string());
	fflush(stdout);
	for (char line[16]; fgets(line, sizeof line, stdin);) {
		double processor = processor_ms(), wall = wall_ms();
		size_t bytes = both_copies(photo, length, line[0] == 's');
		struct rusage usage;
		getrusage(RUSAGE_SELF, &usage);
		printf("%.3f %.3f %ld %zu\n", processor_ms() - processor, wall_ms() - wall, usage.ru_maxrss, bytes);
		fflush(stdout);
	}
	return 0;
}
