#include "common/rpc/user_api.h"

#define WORDS(name, ...)                                                                           \
	static const char *const name##_list[] = {NULL, __VA_ARGS__};                              \
	const struct enum_words name = {name##_list, sizeof(name##_list) / sizeof(name##_list[0])};

WORDS(user_roles, "administrator", "donor", "volunteer", "member")
WORDS(user_statuses, "normal", "frozen", "deleted")
WORDS(user_sexes, "unknown", "female", "male")
WORDS(user_login_kinds, "any", "username", "phone", "email", "id")

FIELD_TABLE(user_account, USER_ACCOUNT)
FIELD_TABLE(user_create_in, USER_CREATE_IN)
FIELD_TABLE(user_create_out, USER_CREATE_OUT)
FIELD_TABLE(user_get_in, USER_GET_IN)
FIELD_TABLE(user_get_out, USER_GET_OUT)
FIELD_TABLE(user_find_in, USER_FIND_IN)
FIELD_TABLE(user_find_out, USER_FIND_OUT)
FIELD_TABLE(user_registered_in, USER_REGISTERED_IN)
FIELD_TABLE(user_registered_out, USER_REGISTERED_OUT)
FIELD_TABLE(user_update_in, USER_UPDATE_IN)
FIELD_TABLE(user_update_out, USER_UPDATE_OUT)
FIELD_TABLE(user_govern_in, USER_GOVERN_IN)
FIELD_TABLE(user_govern_out, USER_GOVERN_OUT)
FIELD_TABLE(user_erase_in, USER_ERASE_IN)
FIELD_TABLE(user_erase_out, USER_ERASE_OUT)
FIELD_TABLE(user_search_in, USER_SEARCH_IN)
FIELD_TABLE(user_search_out, USER_SEARCH_OUT)
FIELD_TABLE(user_follow_in, USER_FOLLOW_IN)
FIELD_TABLE(user_follow_out, USER_FOLLOW_OUT)
FIELD_TABLE(user_follows_in, USER_FOLLOWS_IN)
FIELD_TABLE(user_follows_out, USER_FOLLOWS_OUT)
FIELD_TABLE(user_contact, USER_CONTACT)
FIELD_TABLE(user_contacts_in, USER_CONTACTS_IN)
FIELD_TABLE(user_contacts_out, USER_CONTACTS_OUT)
FIELD_TABLE(user_contact_put_in, USER_CONTACT_PUT_IN)
FIELD_TABLE(user_contact_put_out, USER_CONTACT_PUT_OUT)
FIELD_TABLE(user_contact_delete_in, USER_CONTACT_DELETE_IN)
FIELD_TABLE(user_contact_delete_out, USER_CONTACT_DELETE_OUT)

USER_METHODS(METHOD_TABLE)
