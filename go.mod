module sshaudit

go 1.26.5
