echo start
for f in *.txt; do
  base=$(basename "$f")
  echo "$base"
done
usage () {
  cat <<EOF
usage: plain
EOF
}
OPTS="-a"
usage
