#include "common/rpc/media_api.h"

FIELD_TABLE(media_picture_in, MEDIA_PICTURE_IN)
FIELD_TABLE(media_picture_out, MEDIA_PICTURE_OUT)
FIELD_TABLE(media_captcha_in, MEDIA_CAPTCHA_IN)
FIELD_TABLE(media_captcha_out, MEDIA_CAPTCHA_OUT)

MEDIA_METHODS(METHOD_TABLE)
