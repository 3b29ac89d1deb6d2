# Reads one line for each round: load, proxy, round, requests/s, CPU us, p50 us, p99 us, errors.
# A CPU of "-" was not measured. Prints a table of medians; ratios are taken pair by pair, each
# round against nginx in the same round, and then their median. Ends with 1 when there were
# errors, or llmhop's ratio in the load called `judged` is above `bar`.

{
  if (!($1 in load_seen)) { load_seen[$1] = 1; loads[++load_count] = $1 }
  if (!($2 in proxy_seen)) { proxy_seen[$2] = 1; proxies[++proxy_count] = $2 }
  key = $1 SUBSEP $2
  n = ++rounds[key]
  rate[key, n] = $4; cpu[key, n] = $5; p50[key, n] = $6; p99[key, n] = $7
  errors[key] += $8
  cpu_of[$1, $2, $3] = $5
  round_of[key, n] = $3
}

END {
  print "| load | proxy | requests/s | CPU us | ratio to nginx | p50 ms | p99 ms | errors |"
  print "|---|---|---|---|---|---|---|---|"
  for (l = 1; l <= load_count; l++)
    for (p = 1; p <= proxy_count; p++)
      row(loads[l], proxies[p])
  if (failures != "") printf "\n%s", failures
  exit failures != ""
}

function row(load, proxy,    key, i, n, ratio, count, ratios) {
  key = load SUBSEP proxy
  n = rounds[key]
  if (!n) return
  count = 0
  for (i = 1; i <= n; i++) {
    base = cpu_of[load, "nginx", round_of[key, i]]
    if (base + 0 > 0 && cpu[key, i] != "-") ratios[++count] = cpu[key, i] / base
  }
  ratio = count ? sprintf("%.2f", median(ratios, count)) : "-"
  printf "| %s | %s | %d | %s | %s | %.2f | %.2f | %d |\n", load, proxy, middle(rate, key, n), \
    cpu[key, 1] == "-" ? "-" : sprintf("%.1f", middle(cpu, key, n)), ratio, \
    middle(p50, key, n) / 1000, middle(p99, key, n) / 1000, errors[key]
  if (errors[key] > 0) fail(proxy " had " errors[key] " errors in load " load)
  if (proxy != "llmhop") return
  if (load == judged && ratio == "-") fail("no ratio to judge in load " load)
  if (load == judged && ratio + 0 > bar + 0) fail("ratio " ratio " is above the bar of " bar)
}

function fail(why) { failures = failures "FAILED: " why "\n" }

function middle(values, key, n,    i, copy) {
  for (i = 1; i <= n; i++) copy[i] = values[key, i]
  return median(copy, n)
}

function median(values, n,    i, j, v) {
  for (i = 2; i <= n; i++) {
    v = values[i] + 0
    for (j = i - 1; j >= 1 && values[j] + 0 > v; j--) values[j + 1] = values[j]
    values[j + 1] = v
  }
  return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
}
