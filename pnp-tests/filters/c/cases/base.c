/* No mistake: every case is this filter with a callback replaced. */
#include "filter.h"

#include "rest.h"
