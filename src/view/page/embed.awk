# SPDX-License-Identifier: MIT
#
# embed.awk: the files of the page as one array of C strings, a line each. Variables: css, js (lists of files). Input: page.html.
function escape(s)
{
	gsub(/[\\"?]/, "\\\\&", s)
	gsub(/\t/, "\\t", s)
	return s
}
function put(s) { printf "\t\"%s\\n\",\n", escape(s) }
function include(list,    n, i, file, line)
{
	n = split(list, file, " ")
	for (i = 1; i <= n; i++) {
		while ((status = getline line < file[i]) > 0)
			put(line)
		if (status < 0) {
			print file[i] ": cannot be read" > "/dev/stderr"
			exit 1
		}
		close(file[i])
	}
}
BEGIN {
	print "/* SPDX-License-Identifier: MIT */"
	print "/* Made by embed.awk from the files of src/view/page. */"
	print "#include \"view/html_data.h\""
	print ""
	print "const char *const view_html_page[] = {"
}
# the licence line of a page would stand before its doctype and put the browser into quirks mode
NR == 1 { next }
/^@CSS@$/ { include(css); next }
/^@JS@$/ { include(js); next }
{ put($0) }
END { print "\t0,\n};" }
