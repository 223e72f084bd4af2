#include "common/rpc/auth_api.h"

static const char *const policies[] = {NULL, "native", "opaque"};
const struct enum_words auth_policies = {policies, sizeof(policies) / sizeof(policies[0])};

static const char *const channels[] = {NULL, "sms", "email", "picture"};
const struct enum_words auth_channels = {channels, sizeof(channels) / sizeof(channels[0])};

static const char *const purposes[] = {NULL, "register", "reset", "verify", "login"};
const struct enum_words auth_purposes = {purposes, sizeof(purposes) / sizeof(purposes[0])};

static const char *const formats[] = {NULL, "digits4", "digits6", "captcha"};
const struct enum_words auth_code_formats = {formats, sizeof(formats) / sizeof(formats[0])};

static const char *const schemes[] = {NULL, "plain", "md5", "sha256", "django", "bcrypt"};
const struct enum_words auth_schemes = {schemes, sizeof(schemes) / sizeof(schemes[0])};
/* In the order of svc-auth/audit.h. */
static const char *const outcomes[] = {
	NULL, "success", "wrong_password", "unknown_account", "not_normal"};
const struct enum_words auth_outcomes = {outcomes, sizeof(outcomes) / sizeof(outcomes[0])};

FIELD_TABLE(auth_session, AUTH_SESSION)
FIELD_TABLE(auth_sign_in, AUTH_SIGN_IN)
FIELD_TABLE(auth_export_in, AUTH_EXPORT_IN)
FIELD_TABLE(auth_export_out, AUTH_EXPORT_OUT)
FIELD_TABLE(auth_register_in, AUTH_REGISTER_IN)
FIELD_TABLE(auth_register_out, AUTH_REGISTER_OUT)
FIELD_TABLE(auth_login_in, AUTH_LOGIN_IN)
FIELD_TABLE(auth_login_out, AUTH_LOGIN_OUT)
FIELD_TABLE(auth_resolve_in, AUTH_RESOLVE_IN)
FIELD_TABLE(auth_resolve_out, AUTH_RESOLVE_OUT)
FIELD_TABLE(auth_sessions_in, AUTH_SESSIONS_IN)
FIELD_TABLE(auth_sessions_out, AUTH_SESSIONS_OUT)
FIELD_TABLE(auth_end_in, AUTH_END_IN)
FIELD_TABLE(auth_end_out, AUTH_END_OUT)
FIELD_TABLE(auth_idem_begin_in, AUTH_IDEM_BEGIN_IN)
FIELD_TABLE(auth_idem_begin_out, AUTH_IDEM_BEGIN_OUT)
FIELD_TABLE(auth_idem_end_in, AUTH_IDEM_END_IN)
FIELD_TABLE(auth_idem_end_out, AUTH_IDEM_END_OUT)
FIELD_TABLE(auth_totp_begin_in, AUTH_TOTP_BEGIN_IN)
FIELD_TABLE(auth_totp_begin_out, AUTH_TOTP_BEGIN_OUT)
FIELD_TABLE(auth_totp_confirm_in, AUTH_TOTP_CONFIRM_IN)
FIELD_TABLE(auth_totp_confirm_out, AUTH_TOTP_CONFIRM_OUT)
FIELD_TABLE(auth_totp_remove_in, AUTH_TOTP_REMOVE_IN)
FIELD_TABLE(auth_totp_remove_out, AUTH_TOTP_REMOVE_OUT)
FIELD_TABLE(auth_password_in, AUTH_PASSWORD_IN)
FIELD_TABLE(auth_password_out, AUTH_PASSWORD_OUT)
FIELD_TABLE(auth_password_by_in, AUTH_PASSWORD_BY_IN)
FIELD_TABLE(auth_password_by_out, AUTH_PASSWORD_BY_OUT)
FIELD_TABLE(auth_erase_in, AUTH_ERASE_IN)
FIELD_TABLE(auth_erase_out, AUTH_ERASE_OUT)
FIELD_TABLE(auth_challenge_in, AUTH_CHALLENGE_IN)
FIELD_TABLE(auth_challenge_out, AUTH_CHALLENGE_OUT)
FIELD_TABLE(auth_answer_in, AUTH_ANSWER_IN)
FIELD_TABLE(auth_answer_out, AUTH_ANSWER_OUT)
FIELD_TABLE(auth_reset_in, AUTH_RESET_IN)
FIELD_TABLE(auth_reset_out, AUTH_RESET_OUT)
FIELD_TABLE(auth_forget_in, AUTH_FORGET_IN)
FIELD_TABLE(auth_forget_out, AUTH_FORGET_OUT)
FIELD_TABLE(auth_sessions_of_in, AUTH_SESSIONS_OF_IN)
FIELD_TABLE(auth_sessions_of_out, AUTH_SESSIONS_OF_OUT)
FIELD_TABLE(auth_revoke_in, AUTH_REVOKE_IN)
FIELD_TABLE(auth_revoke_out, AUTH_REVOKE_OUT)
FIELD_TABLE(auth_import_row, AUTH_IMPORT_ROW)
FIELD_TABLE(auth_import_in, AUTH_IMPORT_IN)
FIELD_TABLE(auth_import_out, AUTH_IMPORT_OUT)

AUTH_METHODS(METHOD_TABLE)
