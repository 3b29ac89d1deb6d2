# Turns the line RESULT of load.lua into one for report.awk, with the CPU time for each request.
# For a stream, `stream_bytes` and `events` are those of a whole one, so that begun ones count too.

/^RESULT/ {
  units = stream_bytes > 0 ? $4 / stream_bytes * events : $2
  cpu = before == "-" || units == 0 ? "-" : (after - before) / hertz * 1e6 / units
  print load, proxy, number, units / ($3 / 1e6), cpu, $6, $7, $5 + (units == 0)
}
