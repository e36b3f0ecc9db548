# shellcheck shell=bash disable=SC2034,SC2154
# Private nginx instances for the load script: their own folders, no system
# service. Sourced after lib.sh.
#
# They run one worker per core (`auto`, what a package's default configuration
# has), access logs off, and keep connections open for the whole run.

nginx_instance() { # NAME HTTP-BLOCK; sets nginx_pid
  local dir=$work/$1 user=""
  mkdir -p "$dir/temp"
  # Workers started by root would become `nobody`, who can't read the work folder.
  [ "$(id -u)" -ne 0 ] || user="user root;"
  cat >"$dir/nginx.conf" <<CONF
$user
worker_processes auto;
pid $dir/nginx.pid;
error_log $dir/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path $dir/temp/body;
  proxy_temp_path $dir/temp/proxy;
  fastcgi_temp_path $dir/temp/fastcgi;
  uwsgi_temp_path $dir/temp/uwsgi;
  scgi_temp_path $dir/temp/scgi;
  keepalive_requests 100000000;
  keepalive_timeout 600s;
  tcp_nodelay on;
$2
}
CONF
  nginx -e "$dir/error.log" -p "$dir" -c "$dir/nginx.conf" -g 'daemon off;' &
  children+=("$!")
  nginx_pid=$!
}

# The vendor: a static page behind the path that CROSSWALK_EGRESS_URL leads to.
start_vendor() { # PORT PAGE
  nginx_instance vendor "
  sendfile on;
  tcp_nopush on;
  open_file_cache max=16 inactive=600s;
  open_file_cache_valid 600s;
  server {
    listen 127.0.0.1:$1;
    location = /api.hubapi.com/crm/v3/owners { default_type application/json; alias $2; }
    location / { return 404; }
  }"
}

# nginx in front of the vendor: what a gateway costs that looks at nothing. The
# buffers hold a whole page, so that none of it goes through a file.
start_proxy() { # PORT VENDOR-PORT
  nginx_instance proxy "
  upstream vendor { server 127.0.0.1:$2; keepalive 64; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:$1;
    location / {
      proxy_pass http://vendor;
      proxy_http_version 1.1;
      proxy_set_header Connection \"\";
      proxy_buffers 16 16k;
    }
  }"
}

# The same with nothing set: a new connection to the vendor for each call.
start_plain_proxy() { # PORT VENDOR-PORT
  nginx_instance plain "
  server {
    listen 127.0.0.1:$1;
    location / { proxy_pass http://127.0.0.1:$2; }
  }"
}
