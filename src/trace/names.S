/* SPDX-License-Identifier: MIT */
/*
 * names.S - room for the table of functions, filled by tools/link-named when a program is linked
 *
 * Text, lines: `@room/file` opens a source file, `ADDRESS name` is a function of it (16 hex digits, as linked). Ends with a NUL. Part of what is loaded, so
 * strip leaves it alone.
 */
	.section .gn_functions, "a", @progbits
	.globl fgraph_names, fgraph_names_end
	.hidden fgraph_names
	.hidden fgraph_names_end
	.type fgraph_names, @object
fgraph_names:
	.skip 192 * 1024
fgraph_names_end:
	.size fgraph_names, .-fgraph_names

#ifdef __aarch64__
	.section .note.GNU-stack, "", %progbits
#else
	.section .note.GNU-stack, "", @progbits
#endif
