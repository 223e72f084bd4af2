#include "svc-media/worker/captcha.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vips/vips.h>

#include "common/base/err.h"
#include "svc-media/picture_job.h"
#include "svc-media/worker/random.h"

#define GLYPH_COUNT (sizeof(CAPTCHA_ALPHABET) - 1)
/* Fonts in which l and 1, o and e, i and j cannot be taken for one another. */
static const char *const fonts[] = {"DejaVu Sans Mono Bold", "DejaVu Sans Bold"};
#define FONT_COUNT (sizeof(fonts) / sizeof(fonts[0]))
/* Pixels: about twice what is drawn, so that it is only ever made smaller. */
#define GLYPH_SIZE 80
#define TAIL 0.24 /* how far tails hang below the line, in GLYPH_SIZE */

struct captcha {
	VipsImage *glyphs[FONT_COUNT][GLYPH_COUNT]; /* how much ink, 0..255 */
};

/* A picture under way. */
struct drawing {
	struct captcha *captcha;
	struct random random;
	struct str text;
	int width, height;
	unsigned char *ink;    /* how much, 0..255: width * height bytes */
	unsigned char *pixels; /* three times as many */
};

static int vips_failed(void)
{
	vips_error_clear();
	return ERR_IO;
}

static int render(const char *font, char character, VipsImage **ret_glyph)
{
	char name[64], text[2] = {character, '\0'};
	VipsImage *drawn;
	int rc;

	snprintf(name, sizeof(name), "%s %d", font, GLYPH_SIZE);
	if (vips_text(&drawn, text, "font", name, "dpi", 72, NULL))
		return vips_failed();
	*ret_glyph = vips_image_copy_memory(drawn);
	rc = *ret_glyph ? 0 : vips_failed();
	g_object_unref(drawn);
	return rc;
}

void captcha_free(struct captcha *captcha)
{
	if (!captcha)
		return;
	for (size_t f = 0; f < FONT_COUNT; f++)
		for (size_t g = 0; g < GLYPH_COUNT; g++)
			g_clear_object(&captcha->glyphs[f][g]);
	free(captcha);
}

int captcha_new(struct captcha **ret_captcha)
{
	struct captcha *captcha = calloc(1, sizeof(*captcha));
	int rc = captcha ? 0 : ERR_NOMEM;

	for (size_t f = 0; f < FONT_COUNT && !rc; f++)
		for (size_t g = 0; g < GLYPH_COUNT && !rc; g++)
			rc = render(fonts[f], CAPTCHA_ALPHABET[g], &captcha->glyphs[f][g]);
	if (rc) {
		captcha_free(captcha);
		return rc;
	}
	*ret_captcha = captcha;
	return 0;
}

/* Turns, slants and scales a glyph. size: 1 leaves it as high as it is. */
static int bend(struct drawing *d, VipsImage *glyph, double size, VipsImage **ret_bent)
{
	double angle = random_between(&d->random, -0.34, 0.34);
	double slant = random_between(&d->random, -0.18, 0.18);
	double wide = size * random_between(&d->random, 0.86, 1.02);

	if (vips_affine(glyph, ret_bent, wide * cos(angle),
		    size * (slant * cos(angle) - sin(angle)), wide * sin(angle),
		    size * (slant * sin(angle) + cos(angle)), NULL))
		return vips_failed();
	return 0;
}

/* Puts ink where the mask has some. Computed in this thread: for so small a picture libvips's own
 * would mostly wait for one another. */
static int print(struct drawing *d, VipsImage *mask, int left, int top)
{
	VipsRegion *region = vips_region_new(mask);
	size_t len;
	unsigned char *bytes =
		region ? vips_region_fetch(region, 0, 0, mask->Xsize, mask->Ysize, &len) : NULL;

	for (int y = 0; y < mask->Ysize && bytes; y++) {
		const unsigned char *from = bytes + y * mask->Xsize;

		if (top + y < 0 || top + y >= d->height)
			continue;
		for (int x = 0; x < mask->Xsize; x++) {
			unsigned char *at = &d->ink[(top + y) * d->width + left + x];

			if (left + x >= 0 && left + x < d->width && from[x] > *at)
				*at = from[x];
		}
	}
	g_clear_object(&region);
	if (!bytes)
		return vips_failed();
	g_free(bytes);
	return 0;
}

/* On a common line, below which tails hang: else a g could be taken for a 9. */
static int draw_character(struct drawing *d, char character, double centre_x)
{
	size_t index = (size_t)(strchr(CAPTCHA_ALPHABET, character) - CAPTCHA_ALPHABET);
	VipsImage *glyph = d->captcha->glyphs[random_below(&d->random, FONT_COUNT)][index];
	double size = d->height / 60.0 * random_between(&d->random, 0.48, 0.57);
	double line = d->height * random_between(&d->random, 0.66, 0.74);
	double tail = strchr("gjpqy", character) ? TAIL * GLYPH_SIZE * size : 0;
	VipsImage *mask;
	int rc = bend(d, glyph, size, &mask);

	if (rc)
		return rc;
	rc = print(d, mask, (int)lround(centre_x - mask->Xsize / 2.0),
		(int)lround(line + tail - (glyph->Ysize * size + mask->Ysize) / 2));
	g_object_unref(mask);
	return rc;
}

static int draw_text(struct drawing *d)
{
	double step = d->width * 0.91 / (double)d->text.len;
	double x = d->width * 0.045 + step / 2;
	int rc = 0;

	for (size_t i = 0; i < d->text.len && !rc; i++, x += step)
		rc = draw_character(
			d, d->text.p[i], x + step * random_between(&d->random, -0.12, 0.12));
	return rc;
}

/* A round pen, soft at its rim. value 255 adds ink, 0 takes it away. */
static void stamp(struct drawing *d, double x, double y, double radius, int value)
{
	for (int py = (int)(y - radius); py <= (int)(y + radius + 1); py++) {
		for (int px = (int)(x - radius); px <= (int)(x + radius + 1); px++) {
			double cover = radius + 0.5 - hypot(px - x, py - y);
			unsigned char *at;

			if (px < 0 || py < 0 || px >= d->width || py >= d->height || cover <= 0)
				continue;
			at = &d->ink[py * d->width + px];
			cover = cover > 1 ? 1 : cover;
			if (value * cover > *at || value == 0)
				*at = (unsigned char)(*at + (value - *at) * cover);
		}
	}
}

/* A wave right across the picture, as thick as a stroke is. */
static void draw_curve(struct drawing *d, double radius, int value)
{
	double middle = d->height * random_between(&d->random, 0.3, 0.7);
	double slope = random_between(&d->random, -0.2, 0.2) * d->height / d->width;
	double height = d->height * random_between(&d->random, 0.08, 0.2);
	double length = d->width * random_between(&d->random, 0.35, 0.9);
	double phase = random_between(&d->random, 0, 2 * M_PI);

	for (double x = 0; x < d->width; x += 0.5)
		stamp(d, x,
			middle + slope * (x - d->width / 2.0) +
				height * sin(2 * M_PI * x / length + phase),
			radius, value);
}

/* Bits of curve that look like parts of characters. */
static void draw_crumb(struct drawing *d)
{
	double x = random_between(&d->random, 0, d->width);
	double y = random_between(&d->random, 0, d->height);
	double angle = random_between(&d->random, 0, 2 * M_PI);
	double bend_by = random_between(&d->random, -0.25, 0.25);

	for (int i = 0; i < 14; i++) {
		stamp(d, x, y, 0.8, 255);
		x += cos(angle) * 0.7;
		y += sin(angle) * 0.7;
		angle += bend_by;
	}
}

/* Where each pixel of the warped picture comes from: x moved by waves along y, and the other way.
 */
static void fill_map(struct drawing *d, float *map)
{
	double x_by = d->height * random_between(&d->random, 0.02, 0.035);
	double y_by = d->height * random_between(&d->random, 0.04, 0.06);
	double x_length = d->height * random_between(&d->random, 0.7, 1.2);
	double y_length = d->width * random_between(&d->random, 0.35, 0.7);
	double x_phase = random_between(&d->random, 0, 2 * M_PI);
	double y_phase = random_between(&d->random, 0, 2 * M_PI);

	for (int y = 0; y < d->height; y++) {
		double from_x = x_by * sin(2 * M_PI * y / x_length + x_phase);

		for (int x = 0; x < d->width; x++) {
			*map++ = (float)(x + from_x);
			*map++ = 0;
		}
	}
	map -= (ptrdiff_t)2 * d->width * d->height;
	for (int x = 0; x < d->width; x++) {
		double from_y = y_by * sin(2 * M_PI * x / y_length + y_phase);

		for (int y = 0; y < d->height; y++)
			map[(y * d->width + x) * 2 + 1] = (float)(y + from_y);
	}
}

/* The ink moves through the map: what was there before is gone. */
static int warp(struct drawing *d)
{
	size_t area = (size_t)d->width * (size_t)d->height, bytes = sizeof(float) * 2 * area;
	float *map = malloc(bytes);
	VipsImage *ink, *index = NULL, *moved = NULL;
	int rc = map ? 0 : ERR_NOMEM;

	if (rc)
		return rc;
	fill_map(d, map);
	ink = vips_image_new_from_memory_copy(
		d->ink, area, d->width, d->height, 1, VIPS_FORMAT_UCHAR);
	index = vips_image_new_from_memory(map, bytes, d->width, d->height, 2, VIPS_FORMAT_FLOAT);
	if (!ink || !index || vips_mapim(ink, &moved, index, NULL)) {
		rc = vips_failed();
	} else {
		memset(d->ink, 0, area);
		rc = print(d, moved, 0, 0);
	}
	g_clear_object(&moved);
	g_clear_object(&index);
	g_clear_object(&ink);
	free(map);
	return rc;
}

/* A colour that changes slowly from place to place: one value at each corner. */
struct wash {
	double corner[4][3];
};

static void mix(struct drawing *d, double low, double high, struct wash *ret_wash)
{
	for (int i = 0; i < 4; i++)
		for (int c = 0; c < 3; c++)
			ret_wash->corner[i][c] = random_between(&d->random, low, high);
}

static double wash_at(const struct wash *wash, double x, double y, int c)
{
	double top = wash->corner[0][c] + (wash->corner[1][c] - wash->corner[0][c]) * x;
	double bottom = wash->corner[2][c] + (wash->corner[3][c] - wash->corner[2][c]) * x;

	return top + (bottom - top) * y;
}

static unsigned char clamp(double value)
{
	return value < 0 ? 0 : value > 255 ? 255 : (unsigned char)value;
}

/* Ink to colour, paper to another, grain over both. */
static void paint(struct drawing *d)
{
	const unsigned char *ink = d->ink;
	struct wash front, back;
	unsigned char *out = d->pixels;

	mix(d, 20, 130, &front);
	mix(d, 165, 250, &back);
	for (int y = 0; y < d->height; y++) {
		for (int x = 0; x < d->width; x++, ink++) {
			double grain = random_byte(&d->random) / 255.0 * 60 - 30;
			double at_x = (double)x / d->width, at_y = (double)y / d->height;

			for (int c = 0; c < 3; c++) {
				double paper = wash_at(&back, at_x, at_y, c);
				double pen = wash_at(&front, at_x, at_y, c);

				*out++ = clamp(paper + (pen - paper) * *ink / 255 + grain);
			}
		}
	}
}

static int save(struct drawing *d, void **ret_png, size_t *ret_len)
{
	size_t bytes = (size_t)3 * (size_t)d->width * (size_t)d->height;
	VipsImage *image = vips_image_new_from_memory(
		d->pixels, bytes, d->width, d->height, 3, VIPS_FORMAT_UCHAR);
	void *png;
	int rc = 0;

	if (!image)
		return vips_failed();
	image->Type = VIPS_INTERPRETATION_sRGB;
	if (vips_pngsave_buffer(image, &png, ret_len, "compression", 1, "strip", TRUE, NULL))
		rc = vips_failed();
	else
		*ret_png = png;
	g_object_unref(image);
	return rc;
}

static int draw(struct drawing *d, void **ret_png, size_t *ret_len)
{
	int rc = draw_text(d);

	if (rc)
		return rc;
	draw_curve(d, 1.15, 255);
	draw_curve(d, 0.6, 255);
	draw_curve(d, 0.6, 0);
	for (int i = 0; i < 8; i++)
		draw_crumb(d);
	rc = warp(d);
	if (rc)
		return rc;
	paint(d);
	return save(d, ret_png, ret_len);
}

static bool is_drawable(struct str text, int width, int height)
{
	if (text.len == 0 || text.len > MEDIA_CAPTCHA_TEXT_MAX || width < MEDIA_CAPTCHA_WIDTH_MIN ||
		width > MEDIA_CAPTCHA_WIDTH_MAX || height < MEDIA_CAPTCHA_HEIGHT_MIN ||
		height > MEDIA_CAPTCHA_HEIGHT_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!memchr(CAPTCHA_ALPHABET, text.p[i], GLYPH_COUNT))
			return false;
	return true;
}

int captcha_draw(struct captcha *captcha, struct str text, int width, int height,
	const unsigned char seed[CAPTCHA_SEED_BYTES], void **ret_png, size_t *ret_len)
{
	struct drawing d = {captcha, {{0}, 0, {0}, 0}, text, width, height, NULL, NULL};
	size_t area = (size_t)width * (size_t)height;
	int rc = ERR_NOMEM;

	if (!is_drawable(text, width, height))
		return ERR_INVALID;
	random_init(&d.random, seed);
	d.ink = calloc(area, 1);
	d.pixels = malloc(3 * area);
	if (d.ink && d.pixels)
		rc = draw(&d, ret_png, ret_len);
	free(d.ink);
	free(d.pixels);
	return rc;
}
