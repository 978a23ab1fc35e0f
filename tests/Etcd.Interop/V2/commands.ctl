# Arguments of etcdctl under ETCDCTL_API=2, one call a line, in order on a fresh server. The shell reads the line; one that is more
# than arguments calls the program ctl. Real etcd lists directories in any order.
set /message Hello
get /message
rm /message
get /message
rm /message
set
set /a
set /a 1 2
echo -n "from stdin" | ctl set /stdin
get /stdin
-o json set /a 1
-o extended set /a 2
-o extended get /a
-o json get /a
-o json get /nope
-o extended get /nope
--output simple get /a
set --ttl 100 /t 1
-o json get /t
set --swap-with-value wrong /a 3
set --swap-with-value 2 /a 3
set --swap-with-index 1 /a 3
mk /a 1
mk /b/c 1
mk --in-order /queue job1
mk --in-order /queue job2
mk --ttl 100 /mkt 1
ctl ls | sort
ctl ls / | sort
ctl ls -p | sort
ctl ls -r | sort
ls --recursive --sort /
ls --sort -p
ctl ls /queue | sort
ls /nope
ls /a
-o json ls /b
-o extended ls /queue
mkdir /dir
mkdir /dir
mkdir --ttl 100 /dirt
mkdir
setdir /dir2
setdir /dir2
setdir --ttl 500 /dirt
setdir --ttl 500 /a
updatedir --ttl 50 /dirt
updatedir /dirt
updatedir --ttl 500 /nope
update /a 9
update /nope 9
update --ttl 100 /a 10
update /dir 1
rmdir /dir
rmdir /b
rmdir /nope
rmdir /a
rm /b
rm --dir /dir2
rm -r /b
rm --recursive /queue
rm --with-value wrong /a
rm --with-value 10 /a
set /a 1
rm --with-index 1 /a
-o json rm /a
get --quorum /stdin
get --sort /
get /
get
rm
set /w 1
set /w 2
watch --after-index 1 /w
-o json watch --after-index 1 /w
-o extended watch --after-index 1 /w
watch --recursive --after-index 1 /
watch
member list
cluster-health
--no-sync get /w
--debug get /w
nosuchcommand
set /nl "a
b"
get /nl
set -- /dash -v
set '/sp ace' 'é 日本'
get '/sp ace'
ls --sort
member
member add
member remove
member remove 12
member update 12 http://127.0.0.1:1
