# Calls of etcdctl, one a line, in order on a fresh server: users and roles of the v2 API.
user list
user add root:rp
user add root:rp
user add
user add al:ap extra
user get root
user get nobody
user add al:ap
user grant al
role list
role add r1
role add r1
role get r1
role get nope
role grant r1
role grant --path "/a/*" r1
role grant --path "/a/*" --read r1
role grant --path "/a/*" --read r1
role grant --path /b --rw r1
role grant --path /c --readwrite --read r1
role get r1
role revoke --path /b --write r1
role revoke --path /zz --write r1
role get r1
user grant --roles r1 al
user get al
user revoke --roles r1 al
user revoke --roles r1 al
user list
role remove r1
role remove r1
role remove
user remove al
user remove al
auth disable
auth enable
auth enable
-u root:rp auth enable
user list
-u root:rp user list
-u root:rp role list
-u root:bad role list
set /x 1
-u root:bad get /x
-u root:rp auth disable
auth
user
user nope
auth nope
user grant --help
user passwd --help
auth enable --help
