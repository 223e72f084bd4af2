#include "gateway/cattle/cattle.h"
#include "gateway/req.h"

/* No file can be stored, so that none is a good one. */
int cattle_save_file(struct req *req)
{
	struct str body;
	int rc = req_body(req, &body);

	return rc ? rc : cattle_refuse(req, CATTLE_FORMAT_ERROR_FILE);
}
