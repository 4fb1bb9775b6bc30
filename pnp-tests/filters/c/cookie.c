/* What the WDK links to every driver: the stack cookie, its check, the load configuration that
   tells the loader where the cookie is, and an entry point that refuses to go on unless the loader
   has changed it. */
#include "ntndis.h"

#define DEFAULT_COOKIE 0x00002B992DDFA232ULL
/* Codes of __fastfail. */
#define STACK_COOKIE_CHECK_FAILURE 2
#define GS_COOKIE_INIT 6

NTSTATUS DriverEntry(DRIVER_OBJECT *Driver, UNICODE_STRING *Path);
NTSTATUS GsDriverEntry(DRIVER_OBJECT *Driver, UNICODE_STRING *Path);
void __security_check_cookie(ULONG64 Cookie);

ULONG64 __security_cookie = DEFAULT_COOKIE;

static void FastFail(ULONG Code)
{
    __asm__ volatile("int $0x29" : : "c"(Code) : "memory");
    __builtin_unreachable();
}

void __security_check_cookie(ULONG64 Cookie)
{
    if (Cookie != __security_cookie)
        FastFail(STACK_COOKIE_CHECK_FAILURE);
}

/* IMAGE_LOAD_CONFIG_DIRECTORY64 up to SecurityCookie; the linker finds it by its name. */
const struct {
    ULONG Size;
    UCHAR Unused[84];
    ULONG64 *SecurityCookie;
} _load_config_used = { sizeof(_load_config_used), { 0 }, &__security_cookie };

NTSTATUS GsDriverEntry(DRIVER_OBJECT *Driver, UNICODE_STRING *Path)
{
    if (__security_cookie == 0 || __security_cookie == DEFAULT_COOKIE)
        FastFail(GS_COOKIE_INIT);
    return DriverEntry(Driver, Path);
}
