<!doctype html>
<title>Blog</title>
<p>Version {{ $version }}, {{ $posts }} posts</p>
