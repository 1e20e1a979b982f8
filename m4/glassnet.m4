# SPDX-License-Identifier: MIT
#
# glassnet.m4: the project's own probes.

# GN_FLAG(VARIABLE, FLAG): adds FLAG to VARIABLE when the compiler takes it.
AC_DEFUN([GN_FLAG], [
	AC_MSG_CHECKING([whether $CC takes $2])
	gn_save_cflags=$CFLAGS
	CFLAGS="$CFLAGS -Werror $2"
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
		[AC_MSG_RESULT([yes]); $1="$$1 $2"],
		[AC_MSG_RESULT([no])])
	CFLAGS=$gn_save_cflags
])

# GN_LIB(PREFIX, MODULE, DEBIAN PACKAGE, WHO NEEDS IT)
AC_DEFUN([GN_LIB], [
	PKG_CHECK_MODULES([$1], [$2], [],
		[AC_MSG_ERROR([$2 is missing (for $4); on Debian: apt install $3])])
])
