# Draws what mcu.py has measured: gnuplot -c pictures.gp BARS GRID BARS_PICTURE GRID_PICTURE. Called by bench/mcu.sh.
set terminal pngcairo size 1100,560 noenhanced font 'Sans,12' background '#ffffff'
set border 3 linecolor '#666666'
set tics nomirror textcolor '#444444'
set grid ytics linecolor '#dddddd' linetype 1 linewidth 0.8

# ---- a score on each board with a floating-point unit
set output ARG3
set title 'Instructions for a score, float32, 33 features, 32 classes, -O2' font 'Sans,16'
set style data histograms
set style histogram clustered gap 1.2
set style fill solid 0.9 noborder
set boxwidth 0.92
set xrange [-0.6:3.6]
set yrange [0:*]
set format y '%g'
set key outside bottom center horizontal reverse Left samplen 1.5 width 2
plot ARG1 using 2:xtic(1) linecolor rgb '#bbbbbb' title 'obvious loop, fused multiply-adds', \
  '' using 3 linecolor rgb '#0072b2' title 'thrum, fused', \
  '' using 4 linecolor rgb '#888888' title "obvious loop, the laptop's bits", \
  '' using 5 linecolor rgb '#e69f00' title "thrum, the laptop's bits"

# ---- against the number of features, a line for each number of classes
set output ARG4
set title "Instructions for a score on a Cortex-M4F, float32, the laptop's bits, -O2" font 'Sans,16'
unset style
set logscale xy
set grid xtics ytics
set xrange [3.5:146]
set yrange [*:*]
set xlabel 'features d'
set xtics (4, 8, 16, 33, 64, 128)
set format y '%.0f'
set key outside right center vertical noreverse
array ink[6] = ['#0072b2', '#e69f00', '#8c564b', '#009e73', '#cc79a7', '#444444']
plot for [column = 7:2:-1] ARG2 using 1:column with linespoints linewidth 2.5 pointtype 7 pointsize 1.1 \
  linecolor rgb ink[column - 1] title columnheader(column)
