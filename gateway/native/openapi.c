#include "gateway/native/openapi.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/rpc/field_json.h"
#include "common/rpc/user_api.h"
#include "gateway/native/list.h"
#include "gateway/req.h"
#include "gateway/native/native.h"
#include "gateway/service.h"

#define OPENAPI_BYTES_MAX (1024 * 1024)
#define OPENAPI_SETS_MAX 128

/* The document so far and the schemas it has named. */
struct writer {
	struct buf *out;
	struct {
		const struct field_set *set;
		bool for_input;
	} sets[OPENAPI_SETS_MAX];
	size_t set_count;
};

static const char head[] =
	"{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Quintet\",\"version\":\"" QUINTET_VERSION "\","
	"\"license\":{\"name\":\"Apache-2.0\",\"identifier\":\"Apache-2.0\"}},"
	"\"servers\":[{\"url\":\"/\"}],\"security\":[{\"bearer\":[]},{\"cookie\":[]}],\"paths\":{";

static const char components[] =
	"\"securitySchemes\":{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"},"
	"\"cookie\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"sid\"}},"
	"\"responses\":{\"Problem\":{\"description\":\"A refusal (RFC 9457)\",\"content\":"
	"{\"application/problem+json\":{\"schema\":{\"$ref\":\"#/components/schemas/Problem\"}}}}},"
	"\"schemas\":{\"Problem\":{\"type\":\"object\",\"properties\":{"
	"\"status\":{\"type\":\"integer\"},"
	"\"code\":{\"type\":\"string\",\"pattern\":\"^[a-z][a-z0-9_]*$\"},"
	"\"title\":{\"type\":\"string\"},\"detail\":{\"type\":\"string\"},"
	"\"errors\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
	"\"field\":{\"type\":\"string\"},\"code\":{\"type\":\"string\"},"
	"\"detail\":{\"type\":\"string\"}},\"required\":[\"field\",\"code\",\"detail\"]}}},"
	"\"required\":[\"status\",\"code\",\"title\",\"detail\"]}";

static bool is_safe(const struct route *route)
{
	return strcmp(route->method, "GET") == 0;
}

/* {"$ref": …}, and the set is remembered for components/schemas. */
static void write_ref(struct writer *w, const struct field_set *set, bool for_input)
{
	size_t i = 0;

	while (i < w->set_count && (w->sets[i].set != set || w->sets[i].for_input != for_input))
		i++;
	if (i == OPENAPI_SETS_MAX) {
		w->out->failed = true;
		return;
	}
	if (i == w->set_count) {
		w->sets[i].set = set;
		w->sets[i].for_input = for_input;
		w->set_count++;
	}
	buf_addf(w->out, "{\"$ref\":\"#/components/schemas/%s\"}", set->name);
}

static void write_query_schema(struct str name, struct buf *out)
{
	const struct enum_words *words = str_eq(name, STR("role"))     ? &user_roles
					 : str_eq(name, STR("status")) ? &user_statuses
								       : NULL;

	if (str_eq(name, STR("limit"))) {
		buf_addf(out, "{\"type\":\"integer\",\"minimum\":1,\"default\":%d}", LIST_LIMIT_DEFAULT);
		return;
	}
	buf_add_c(out, "{\"type\":\"string\"");
	for (size_t i = 1; words && i < words->count; i++)
		buf_addf(out, "%s\"%s\"", i == 1 ? ",\"enum\":[" : ",", words->words[i]);
	buf_add_c(out, words ? "]}" : "}");
}

static const char idem_parameter[] =
	"{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"schema\":{\"type\":\"string\","
	"\"pattern\":\"^[!-~]{1,128}$\"},\"description\":\"Kept 24 hours: the same key and body give "
	"the same reply, another body 409.\"}";

static void write_parameter(struct str name, bool in_path, bool first, struct buf *out)
{
	buf_add_c(out, first ? "{\"name\":" : ",{\"name\":");
	buf_add_json(out, name);
	buf_add_c(out, in_path ? ",\"in\":\"path\",\"required\":true,\"schema\":"
			       : ",\"in\":\"query\",\"schema\":");
	if (in_path)
		buf_add_c(out, "{\"type\":\"string\"}");
	else
		write_query_schema(name, out);
	buf_add_char(out, '}');
}

static void write_parameters(const struct route *route, struct buf *out)
{
	struct str rest = str_c(route->path);
	struct str query = str_c(route->doc->query);
	struct str part;
	bool first = true;

	buf_add_c(out, "\"parameters\":[");
	while (str_cut(&rest, '/', &part)) {
		if (part.len <= 2 || part.p[0] != '{')
			continue;
		write_parameter(str_sub(part, 1, (size_t)str_find(part, '}') - 1), true, first, out);
		first = false;
	}
	while (str_cut(&query, ' ', &part)) {
		if (part.len == 0)
			continue;
		write_parameter(part, false, first, out);
		first = false;
	}
	if (route->creates)
		buf_addf(out, "%s%s", first ? "" : ",", idem_parameter);
	buf_add_c(out, "],");
}

static void write_content(struct writer *w, const struct route_doc *doc)
{
	if (doc->out_type) {
		buf_addf(w->out, ",\"content\":{\"%s\":{}}", doc->out_type);
		return;
	}
	if (!doc->out)
		return;
	buf_add_c(w->out, ",\"content\":{\"application/json\":{\"schema\":");
	if (doc->list)
		buf_add_c(w->out, "{\"type\":\"object\",\"properties\":{\"items\":{\"type\":\"array\","
				  "\"items\":");
	if (doc->or_out)
		buf_add_c(w->out, "{\"anyOf\":[");
	write_ref(w, doc->out, false);
	if (doc->or_out) {
		buf_add_char(w->out, ',');
		write_ref(w, doc->or_out, false);
		buf_add_c(w->out, "]}");
	}
	if (doc->list)
		buf_add_c(w->out, "},\"next\":{\"type\":[\"string\",\"null\"]}},"
				  "\"required\":[\"items\",\"next\"]}");
	buf_add_c(w->out, "}}");
}

static void write_problem(int status, struct buf *out)
{
	buf_addf(out, ",\"%d\":{\"$ref\":\"#/components/responses/Problem\"}", status);
}

static void write_responses(struct writer *w, const struct route *route)
{
	const struct route_doc *doc = route->doc;

	buf_addf(w->out, "\"responses\":{\"%d\":{\"description\":\"Success\"", doc->status);
	write_content(w, doc);
	buf_add_char(w->out, '}');
	if (doc->in)
		write_problem(400, w->out);
	if (route->auth != AUTH_NONE)
		write_problem(401, w->out);
	if (route->auth == AUTH_ADMIN || (route->auth == AUTH_ACCOUNT && !is_safe(route)))
		write_problem(403, w->out);
	if (strchr(route->path, '{'))
		write_problem(404, w->out);
	if (doc->in) {
		write_problem(413, w->out);
		write_problem(415, w->out);
	}
	if (doc->in || doc->query)
		write_problem(422, w->out);
	buf_add_c(w->out, ",\"default\":{\"$ref\":\"#/components/responses/Problem\"}}");
}

/* "get_v1_users_id" */
static void write_operation_id(const struct route *route, struct buf *out)
{
	buf_add_str(out, str_lower(out->arena, str_c(route->method)));
	for (const char *p = route->path; *p; p++) {
		if (*p == '/' || *p == '.')
			buf_add_char(out, '_');
		else if (*p != '{' && *p != '}')
			buf_add_char(out, *p);
	}
}

static void write_operation(struct writer *w, const struct route *route)
{
	buf_add_char(w->out, '"');
	buf_add_str(w->out, str_lower(w->out->arena, str_c(route->method)));
	buf_add_c(w->out, "\":{\"operationId\":\"");
	write_operation_id(route, w->out);
	buf_add_c(w->out, "\",\"summary\":");
	buf_add_json(w->out, str_c(route->doc->summary));
	buf_add_char(w->out, ',');
	if (route->auth == AUTH_NONE)
		buf_add_c(w->out, "\"security\":[],");
	write_parameters(route, w->out);
	if (route->doc->in) {
		buf_add_c(w->out, "\"requestBody\":{\"required\":true,\"content\":"
				  "{\"application/json\":{\"schema\":");
		write_ref(w, route->doc->in, true);
		buf_add_c(w->out, "}}},");
	}
	write_responses(w, route);
	buf_add_char(w->out, '}');
}

/* All methods of the path that rows[first] is the first to have; nothing for a later row. */
static bool write_path(struct writer *w, const struct dialect *dialect, size_t first, bool separate)
{
	const char *path = dialect->routes[first].path;
	bool begun = false;

	for (size_t i = 0; i < dialect->route_count; i++) {
		const struct route *route = &dialect->routes[i];

		if (!route->doc || strcmp(route->path, path))
			continue;
		if (i < first)
			return false;
		if (!begun)
			buf_addf(w->out, "%s\"%s\":{", separate ? "," : "", path);
		else
			buf_add_char(w->out, ',');
		begun = true;
		write_operation(w, route);
	}
	if (begun)
		buf_add_char(w->out, '}');
	return begun;
}

void openapi_write(const struct dialect *const *dialects, size_t count, struct buf *out)
{
	struct writer w = {.out = out};
	bool separate = false;

	buf_add_c(out, head);
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < dialects[i]->route_count; k++)
			separate |= write_path(&w, dialects[i], k, separate);
	}
	buf_addf(out, "},\"components\":{%s", components);
	for (size_t i = 0; i < w.set_count; i++) {
		buf_addf(out, ",\"%s\":", w.sets[i].set->name);
		field_json_schema(w.sets[i].set, w.sets[i].for_input, out);
	}
	buf_add_c(out, "}}}");
}

static struct str document;

/* The document outlives the arena it is written in. */
static void make_document(void)
{
	static const struct dialect *const described[] = {&native_dialect, &service_dialect};
	struct arena *arena = arena_new(4 * OPENAPI_BYTES_MAX);
	struct buf out;
	char *text;

	if (!arena)
		return;
	buf_init(&out, arena, OPENAPI_BYTES_MAX);
	openapi_write(described, sizeof(described) / sizeof(described[0]), &out);
	text = buf_failed(&out) ? NULL : malloc(out.len);
	if (text) {
		memcpy(text, out.p, out.len);
		document = (struct str){text, out.len};
	}
	arena_free(arena);
}

int openapi_get(struct req *req)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_document);
	if (!document.p)
		return ERR_NOMEM;
	req_reply_json(req, 200);
	buf_add_str(&req->out, document);
	return buf_failed(&req->out) ? ERR_NOMEM : 0;
}
