/* svc-media: pictures and files. */
#include "svc-media/media.h"

int main(int argc, char **argv)
{
	return svc_main(argc, argv, &media_spec);
}
