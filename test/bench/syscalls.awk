# Turns what strace -c wrote into a row of a table: system calls for each of so many requests.

$1 ~ /^[0-9.]+$/ && $4 ~ /^[0-9]+$/ && $NF != "total" {
  calls += $4
  rate = $4 / requests
  if (rate >= 0.05) often = often sprintf("%s%s %.1f", often == "" ? "" : ", ", $NF, rate)
}

END { printf "| %s | %.1f | %s |\n", proxy, calls / requests, often }
