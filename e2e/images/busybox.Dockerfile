# Stands in for busybox:1.37.0-musl where no registry is in reach: the same BusyBox release, from Debian's packages,
# with another libc.
FROM debian:bookworm-slim AS build
RUN echo 'deb http://deb.debian.org/debian trixie main' > /etc/apt/sources.list.d/trixie.list \
    && apt-get update -q \
    && cd /tmp \
    && apt-get download -q busybox-static/trixie \
    && dpkg -x busybox-static_*1.37.0-*.deb /tmp/busybox \
    && mkdir -p /root-fs/bin /root-fs/etc /root-fs/home /root-fs/root /root-fs/tmp /root-fs/usr/bin /root-fs/usr/sbin /root-fs/var \
    && chmod 1777 /root-fs/tmp \
    && ln -s bin /root-fs/sbin \
    && mv /tmp/busybox/usr/bin/busybox /root-fs/bin/busybox \
    && for applet in $(/root-fs/bin/busybox --list); do \
         [ "$applet" = busybox ] || ln -s busybox "/root-fs/bin/$applet"; \
       done \
    && ln -s ../../bin/env /root-fs/usr/bin/env \
    && echo 'root:x:0:0:root:/root:/bin/sh' > /root-fs/etc/passwd \
    && echo 'root:x:0:' > /root-fs/etc/group

FROM scratch
COPY --from=build /root-fs /
CMD ["sh"]
