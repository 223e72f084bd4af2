#include "svc-auth/job.h"

FIELD_TABLE(deliver_job, DELIVER_JOB)
