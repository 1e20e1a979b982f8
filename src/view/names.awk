# SPDX-License-Identifier: MIT
#
# names.awk: turns src/trace/names.tab into the C rows of view/names_tab.h. Stops at a line that is not what the file's head says.

function fail(text)
{
	print FILENAME ":" FNR ": " text > "/dev/stderr"
	failed = 1
	exit 1
}

# trim TEXT: without blanks at its ends
function trim(text)
{
	gsub(/^[ \t]+|[ \t]+$/, "", text)
	return text
}

# quoted NAME: a C string; `=' and `-' are what the table says they are
function quoted(name, ours)
{
	if (name == "-")
		return "NULL"
	if (name == "=")
		name = ours
	if (name !~ /^[A-Za-z_][A-Za-z_0-9]*$/)
		fail("not a name: `" name "'")
	return "\"" name "\""
}

BEGIN {
	FS = "|"
	print "/* SPDX-License-Identifier: MIT */"
	print "/* Made by src/view/names.awk from src/trace/names.tab. */"
	print "#include \"view/names_tab.h\"\n\n#include <stddef.h>\n"
	print "const struct view_names_row view_names_table[] = {"
}

/^#/ || /^[ \t]*$/ { next }

{
	if (NF != 4)
		fail("want 4 columns apart by `|', found " NF)
	ours = trim($1)
	if (ours in seen)
		fail("a second line for " ours)
	seen[ours] = 1
	set[1] = quoted(trim($2), ours)
	set[2] = quoted(trim($3), ours)
	set[3] = set[4] = "NULL"
	alias = ""
	n_alias = 0
	n = split(trim($4), word, /[ \t]+/)
	for (i = 1; i <= n; i++) {
		if (sub(/^e1000:/, "", word[i]))
			set[3] = quoted(word[i], ours)
		else if (sub(/^igb:/, "", word[i]))
			set[4] = quoted(word[i], ours)
		else {
			alias = alias quoted(word[i], ours) ", "
			n_alias++
		}
	}
	if (n_alias > 3)
		fail("at most 3 aliases")
	printf "\t{ %s, { %s, %s, %s, %s }, { %s} },\n", quoted(ours, ours), set[1], set[2], set[3], set[4], alias == "" ? "NULL " : alias
}

END {
	if (failed)
		exit 1
	print "\t{ NULL, { NULL }, { NULL } }"
	print "};"
}
